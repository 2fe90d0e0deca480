import { Alert, Button, Spin } from 'antd';
import { Suspense } from 'react';
import { NavLink, Outlet } from 'react-router-dom';
import { queries } from '../api/client';
import { useMay, useSession, useSessionControl } from '../api/session';
import { useTexts } from '../texts/language';
import { KeyHelp } from './KeyHelp';
import { StreamNotice, StreamState } from './StreamState';
import './shell.css';

/** Header, navigation and the page: on a phone the navigation is at the bottom. */
export function Shell() {
  const { t, language, change } = useTexts();
  const { logOut } = useSessionControl();
  const { account, demo } = useSession();
  return (
    <div className="shell">
      <a className="skip" href="#content" onClick={focusContent}>
        {t('app.skip')}
      </a>
      <header className="shell-header">
        <span className="shell-title">{t('app.title')}</span>
        <StreamState />
        <span className="shell-account" dir="auto" title={account.name}>
          {account.display_name}
        </span>
        <Button type="text" size="small" onClick={() => change(language === 'zh' ? 'en' : 'zh')} lang={language === 'zh' ? 'en' : 'zh-CN'}>
          {t('app.language')}
        </Button>
        <Button type="text" size="small" onClick={() => void logOut()}>
          {t('app.logout')}
        </Button>
      </header>
      <Navigation />
      <KeyHelp />
      <main className="shell-main" id="content" tabIndex={-1}>
        {demo && <Alert type="info" banner showIcon message={t('app.demo')} />}
        <StreamNotice />
        <div className="shell-page">
          <Suspense fallback={<Spin />}>
            <Outlet />
          </Suspense>
        </div>
      </main>
    </div>
  );
}

/** The address of the page is in the fragment, so a link to an element would change the page. */
function focusContent(event: React.MouseEvent) {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function Navigation() {
  const { t } = useTexts();
  const mayAnswer = useMay('answer');
  const mayRead = useMay('read');
  const maySeeData = useMay('data');
  const mayAdminister = useMay('accounts');
  const mayAudit = useMay('audit');
  const mayReadRules = useMay('rules');
  return (
    <nav className="shell-nav" aria-label={t('app.menu')}>
      {mayAnswer && (
        <NavLink to="/inbox">
          {t('nav.inbox')}
          <InboxCount />
        </NavLink>
      )}
      {mayRead && (
        <>
          <NavLink to="/situation">{t('nav.situation')}</NavLink>
          <NavLink to="/warnings">{t('nav.warnings')}</NavLink>
          <NavLink to="/operators">{t('nav.operators')}</NavLink>
        </>
      )}
      {maySeeData && <NavLink to="/data">{t('nav.data')}</NavLink>}
      {mayAdminister && <NavLink to="/accounts">{t('nav.accounts')}</NavLink>}
      {mayAudit && <NavLink to="/audit">{t('nav.audit')}</NavLink>}
      {mayReadRules && <NavLink to="/rules">{t('nav.rules')}</NavLink>}
    </nav>
  );
}

function InboxCount() {
  const { data } = queries.useQuery('get', '/inbox', { params: { query: { limit: 1 } } });
  return data === undefined || data.total === 0 ? null : (
    <span className={data.overdue > 0 ? 'count count-overdue' : 'count'}>{data.total}</span>
  );
}
