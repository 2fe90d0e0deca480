import { Button, Form, Input } from 'antd';
import { api } from '../../api/client';
import { useTexts } from '../../texts/language';
import { useEntering } from './useEntering';

interface Fields {
  name: string;
  password: string;
}

/** Asks for account and password; `name` is whose session has ended. */
export function LoginForm({ name }: { name?: string }) {
  const { t } = useTexts();
  const { enter, sending, refusal } = useEntering();

  return (
    <Form<Fields> layout="vertical" requiredMark={false} initialValues={{ name: name ?? '' }} onFinish={(fields) => void enter(() => api.POST('/session', { body: fields }))}>
      {refusal}
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
