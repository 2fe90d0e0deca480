import { Button, Form } from 'antd';
import { useNavigate, useParams } from 'react-router-dom';
import { api } from '../../api/client';
import { useTexts } from '../../texts/language';
import { Entrance } from './LoginPage';
import { PasswordTwice } from './PasswordTwice';
import { useEntering } from './useEntering';

/** Sets the password of a one-time link's account anew. */
export default function ResetPage() {
  const { t } = useTexts();
  const { token = '' } = useParams();
  const { enter, sending, refusal } = useEntering();
  const navigate = useNavigate();

  async function reset({ password }: { password: string }) {
    if (await enter(() => api.POST('/invitations/reset', { body: { token, password } }))) navigate('/', { replace: true });
  }

  return (
    <Entrance title={t('reset.title')}>
      <p className="soft">{t('reset.note')}</p>
      {refusal}
      <Form<{ password: string }> layout="vertical" requiredMark={false} onFinish={(fields) => void reset(fields)}>
        <PasswordTwice />
        <Button type="primary" htmlType="submit" loading={sending} block>
          {t('reset.submit')}
        </Button>
      </Form>
    </Entrance>
  );
}
