import { Form, Input } from 'antd';
import { useTexts } from '../../texts/language';

/** A password of one's own, typed twice. */
export function PasswordTwice() {
  const { t } = useTexts();
  return (
    <>
      <Form.Item name="password" label={t('login.password')} rules={[{ required: true, min: 10, message: t('invitation.password_rule') }]}>
        <Input type="password" autoComplete="new-password" maxLength={1024} />
      </Form.Item>
      <Form.Item
        name="again"
        label={t('invitation.again')}
        dependencies={['password']}
        rules={[
          ({ getFieldValue }) => ({
            validator: (_, value) =>
              value === getFieldValue('password') ? Promise.resolve() : Promise.reject(new Error(t('invitation.differs'))),
          }),
        ]}
      >
        <Input type="password" autoComplete="new-password" maxLength={1024} />
      </Form.Item>
    </>
  );
}
