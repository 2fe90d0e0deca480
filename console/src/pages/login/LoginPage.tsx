import { Alert, Divider } from 'antd';
import type { ReactNode } from 'react';
import type { TextKey } from '../../texts/texts';
import { useTexts } from '../../texts/language';
import { LoginForm } from './LoginForm';
import { ProviderLogin, useLoginWays } from './ProviderLogin';
import './login.css';

/** Asks who somebody is; `refusal` says why the identity provider's word was not enough. */
export function LoginPage({ refusal }: { refusal?: TextKey }) {
  const { t } = useTexts();
  const ways = useLoginWays();
  return (
    <Entrance title={t('login.title')}>
      {refusal !== undefined && <Alert className="login-refusal" type="error" showIcon role="alert" message={t(refusal)} />}
      {ways?.provider === true && (
        <>
          <ProviderLogin />
          <Divider plain>{t('login.or')}</Divider>
        </>
      )}
      <LoginForm />
      <p className="soft">{t(ways?.password === 'administrators' ? 'login.administrators' : 'login.no_account')}</p>
    </Entrance>
  );
}

/** The frame of what is shown before somebody is logged in. */
export function Entrance({ title, children }: { title: string; children: ReactNode }) {
  const { t, language, change } = useTexts();
  return (
    <div className="entrance">
      <header className="entrance-header">
        <span>{t('app.title')}</span>
        <button type="button" onClick={() => change(language === 'zh' ? 'en' : 'zh')} lang={language === 'zh' ? 'en' : 'zh-CN'}>
          {t('app.language')}
        </button>
      </header>
      <main className="entrance-box">
        <h1>{title}</h1>
        {children}
      </main>
    </div>
  );
}
