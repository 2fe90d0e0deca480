import type { ReactNode } from 'react';
import { useTexts } from '../../texts/language';
import { LoginForm } from './LoginForm';
import './login.css';

export function LoginPage() {
  const { t } = useTexts();
  return (
    <Entrance title={t('login.title')}>
      <LoginForm />
      <p className="soft">{t('login.no_account')}</p>
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
