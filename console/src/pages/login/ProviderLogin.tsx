import { Button } from 'antd';
import { useEffect } from 'react';
import { API, queries } from '../../api/client';
import { useSessionControl } from '../../api/session';
import { useTexts } from '../../texts/language';

/** How people log in here; undefined until the server has said it. */
export function useLoginWays() {
  return queries.useQuery('get', '/login', {}, { staleTime: Infinity }).data;
}

/** Leads to the office's identity provider; `aside` in another window, so that nothing on this page is lost. */
export function ProviderLogin({ aside = false }: { aside?: boolean }) {
  const { t } = useTexts();
  const { ask } = useSessionControl();
  useEffect(() => {
    if (!aside) return undefined;
    const back = () => void ask();
    window.addEventListener('focus', back);
    return () => window.removeEventListener('focus', back);
  }, [aside, ask]);
  return (
    <div className="login-provider">
      <Button type="primary" block href={`${API}/login/provider`} {...(aside ? { target: '_blank' } : {})}>
        {t('login.provider')}
      </Button>
      {aside && <p className="soft">{t('login.provider_aside')}</p>}
    </div>
  );
}
