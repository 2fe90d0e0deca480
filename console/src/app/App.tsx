import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App as AntApp, ConfigProvider } from 'antd';
import en from 'antd/locale/en_US';
import zh from 'antd/locale/zh_CN';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import { useEffect } from 'react';
import { HashRouter } from 'react-router-dom';
import { askLater } from '../api/askLater';
import { isProblem } from '../api/client';
import { SessionProvider } from '../api/session';
import { StreamProvider } from '../api/stream';
import { LanguageProvider, useTexts } from '../texts/language';
import { Failsafe } from './Failsafe';
import { Gate } from './Gate';
import { nonce } from './nonce';
import { theme } from './theme';

const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => askLater(queryClient, query, error) }),
  defaultOptions: {
    queries: {
      // The stream says what has changed.
      staleTime: 30_000,
      // What the server refuses it refuses again.
      retry: (count, error) => !isProblem(error) && count < 2,
    },
  },
});

/** Layers stand beside the pages, in an element of their own. */
const layers = () => document.getElementById('layers') ?? document.body;

function Styled() {
  const { language } = useTexts();
  useEffect(() => {
    dayjs.locale(language === 'zh' ? 'zh-cn' : 'en');
  }, [language]);
  return (
    <ConfigProvider
      locale={language === 'zh' ? zh : en}
      theme={theme}
      componentSize="middle"
      wave={{ disabled: true }}
      button={{ autoInsertSpace: false }}
      getPopupContainer={layers}
      {...(nonce === undefined ? {} : { csp: { nonce } })}
    >
      <AntApp component={false} message={{ getContainer: layers }}>
        <Failsafe>
          <SessionProvider>
            <StreamProvider>
              <HashRouter>
                <Gate />
              </HashRouter>
            </StreamProvider>
          </SessionProvider>
        </Failsafe>
      </AntApp>
    </ConfigProvider>
  );
}

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <LanguageProvider>
        <Styled />
      </LanguageProvider>
    </QueryClientProvider>
  );
}
