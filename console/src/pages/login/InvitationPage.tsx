import { Button, Form, Input } from 'antd';
import { useNavigate, useParams } from 'react-router-dom';
import { api } from '../../api/client';
import { useTexts } from '../../texts/language';
import { Entrance } from './LoginPage';
import { PasswordTwice } from './PasswordTwice';
import { useEntering } from './useEntering';

interface Fields {
  name: string;
  display_name: string;
  password: string;
  again: string;
}

/** Makes the account of a one-time link. */
export default function InvitationPage() {
  const { t } = useTexts();
  const { token = '' } = useParams();
  const { enter, sending, refusal } = useEntering();
  const navigate = useNavigate();

  async function accept({ name, display_name, password }: Fields) {
    if (await enter(() => api.POST('/invitations/accept', { body: { token, name, display_name, password } }))) navigate('/', { replace: true });
  }

  return (
    <Entrance title={t('invitation.title')}>
      <p className="soft">{t('invitation.note')}</p>
      {refusal}
      <Form<Fields> layout="vertical" requiredMark={false} onFinish={(fields) => void accept(fields)}>
        <Form.Item
          name="name"
          label={t('login.name')}
          extra={t('invitation.name_rule')}
          rules={[{ required: true, pattern: /^[a-z0-9][a-z0-9._-]*$/, message: t('invitation.name_rule') }]}
        >
          <Input autoComplete="username" autoCapitalize="none" maxLength={64} autoFocus />
        </Form.Item>
        <Form.Item
          name="display_name"
          label={t('invitation.display_name')}
          rules={[{ required: true, whitespace: true, message: t('invitation.display_name_missing') }]}
        >
          <Input autoComplete="off" maxLength={64} />
        </Form.Item>
        <PasswordTwice />
        <Button type="primary" htmlType="submit" loading={sending} block>
          {t('invitation.submit')}
        </Button>
      </Form>
    </Entrance>
  );
}
