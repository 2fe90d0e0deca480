import { Button, Result } from 'antd';
import { lazy, Suspense } from 'react';
import { Route, Routes } from 'react-router-dom';
import { useSessionControl } from '../api/session';
import { Dialog } from '../parts/Dialog';
import { Loading } from '../parts/Loading';
import { LoginForm } from '../pages/login/LoginForm';
import { LoginPage } from '../pages/login/LoginPage';
import { ProviderLogin } from '../pages/login/ProviderLogin';
import { useTexts } from '../texts/language';

const InvitationPage = lazy(() => import('../pages/login/InvitationPage'));
const RefusedPage = lazy(() => import('../pages/login/RefusedPage'));
const ResetPage = lazy(() => import('../pages/login/ResetPage'));
const Pages = lazy(() => import('./Pages'));

/** Lets in who is logged in; a session that ends is renewed above the page, which stays as it is. */
export function Gate() {
  return (
    <Suspense fallback={<Loading />}>
      <Routes>
        <Route path="/invitation/:token" element={<InvitationPage />} />
        <Route path="/reset/:token" element={<ResetPage />} />
        <Route path="/login/:refusal" element={<RefusedPage />} />
        <Route path="*" element={<LoggedIn />} />
      </Routes>
    </Suspense>
  );
}

function LoggedIn() {
  const { state, ask } = useSessionControl();
  const { t } = useTexts();
  switch (state.is) {
    case 'asking':
      return <Loading />;
    case 'nobody':
      return <LoginPage />;
    case 'away':
      return (
        <Result
          status="warning"
          title={t('error.away')}
          extra={<Button onClick={() => void ask()}>{t('app.retry')}</Button>}
        />
      );
    case 'here':
    case 'ended':
      return (
        <>
          {/* Another account starts with other pages. */}
          <Pages key={state.session.account.id} />
          <Dialog open={state.is === 'ended'} title={t('login.ended')} footer={null} closable={false} width={400} destroyOnHidden>
            <p>{t('login.ended_note')}</p>
            {state.session.account.from_provider ? <ProviderLogin aside /> : <LoginForm name={state.session.account.name} />}
          </Dialog>
        </>
      );
  }
}
