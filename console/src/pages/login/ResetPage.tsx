import { Alert, Button, Form } from 'antd';
import { useState } from 'react';
import { useNavigate, useParams } from 'react-router-dom';
import { api } from '../../api/client';
import { useSessionControl } from '../../api/session';
import { problemText } from '../../parts/Problem';
import { useTexts } from '../../texts/language';
import { Entrance } from './LoginPage';
import { PasswordTwice } from './PasswordTwice';

/** Sets the password of a one-time link's account anew. */
export default function ResetPage() {
  const texts = useTexts();
  const { t } = texts;
  const { token = '' } = useParams();
  const { begin } = useSessionControl();
  const navigate = useNavigate();
  const [refusal, setRefusal] = useState<string | null>(null);
  const [sending, setSending] = useState(false);

  async function reset({ password }: { password: string }) {
    setSending(true);
    try {
      const { data, error } = await api.POST('/invitations/reset', { body: { token, password } });
      if (data !== undefined) {
        begin(data);
        navigate('/', { replace: true });
      } else setRefusal(problemText(error, texts));
    } catch (error) {
      setRefusal(problemText(error, texts));
    } finally {
      setSending(false);
    }
  }

  return (
    <Entrance title={t('reset.title')}>
      <p className="soft">{t('reset.note')}</p>
      {refusal !== null && <Alert className="login-refusal" type="error" showIcon role="alert" message={refusal} />}
      <Form<{ password: string }> layout="vertical" requiredMark={false} onFinish={(fields) => void reset(fields)}>
        <PasswordTwice />
        <Button type="primary" htmlType="submit" loading={sending} block>
          {t('reset.submit')}
        </Button>
      </Form>
    </Entrance>
  );
}
