import { Alert, Button, Form, Input } from 'antd';
import { useState } from 'react';
import { api } from '../../api/client';
import { useSessionControl } from '../../api/session';
import { problemText } from '../../parts/Problem';
import { useTexts } from '../../texts/language';

interface Fields {
  name: string;
  password: string;
}

/** Asks for account and password; `name` is whose session has ended. */
export function LoginForm({ name }: { name?: string }) {
  const texts = useTexts();
  const { t } = texts;
  const { begin } = useSessionControl();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  async function logIn(fields: Fields) {
    setSending(true);
    try {
      const { data, error } = await api.POST('/session', { body: fields });
      if (data !== undefined) begin(data);
      else setRefusal(problemText(error, texts));
    } catch (error) {
      setRefusal(problemText(error, texts));
    } finally {
      setSending(false);
    }
  }

  return (
    <Form<Fields> layout="vertical" requiredMark={false} initialValues={{ name: name ?? '' }} onFinish={(fields) => void logIn(fields)}>
      {refusal !== null && <Alert className="login-refusal" type="error" showIcon role="alert" message={refusal} />}
      <Form.Item name="name" label={t('login.name')} rules={[{ required: true, message: t('login.name_missing') }]}>
        <Input autoComplete="username" autoCapitalize="none" maxLength={64} autoFocus={name === undefined} />
      </Form.Item>
      <Form.Item name="password" label={t('login.password')} rules={[{ required: true, message: t('login.password_missing') }]}>
        <Input type="password" autoComplete="current-password" maxLength={1024} autoFocus={name !== undefined} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={sending} block>
        {t('login.submit')}
      </Button>
    </Form>
  );
}
