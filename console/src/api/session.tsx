import { useQueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { api, setCsrfToken, whenSessionEnds, type Schema } from './client';

export type Session = Schema<'Session'>;
export type Permission = Session['permissions'][number];

/**
 * `asking` whether somebody is logged in; `nobody` is; `here`; `ended` while the pages of `session` are still on the screen, so
 * that nothing typed is lost; `away` the server does not answer.
 */
export type SessionState =
  | { is: 'asking' | 'nobody' | 'away' }
  | { is: 'here' | 'ended'; session: Session };

interface SessionControl {
  state: SessionState;
  /** Takes the session that a login or an invitation gave. */
  begin: (session: Session) => void;
  logOut: () => Promise<void>;
  ask: () => Promise<void>;
}

/** What is known after no session was given: pages of one that has ended stay on the screen, and a server that does not answer ends none. */
function without(before: SessionState, is: 'nobody' | 'away'): SessionState {
  if (!('session' in before)) return { is };
  return is === 'nobody' ? { ...before, is: 'ended' } : before;
}

const Context = createContext<SessionControl | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<SessionState>({ is: 'asking' });
  const queryClient = useQueryClient();

  const begin = useCallback(
    (session: Session) => {
      setCsrfToken(session.csrf_token);
      setState((before) => {
        const another = 'session' in before && before.session.account.id !== session.account.id;
        if (another) queryClient.clear();
        else void queryClient.invalidateQueries();
        return { is: 'here', session };
      });
    },
    [queryClient],
  );

  const ask = useCallback(async () => {
    try {
      const { data, response } = await api.GET('/session');
      if (data !== undefined) begin(data);
      else setState((before) => without(before, response.status === 401 ? 'nobody' : 'away'));
    } catch {
      setState((before) => without(before, 'away'));
    }
  }, [begin]);

  const logOut = useCallback(async () => {
    const answer = await api.DELETE('/session').catch(() => undefined);
    queryClient.clear();
    const elsewhere = answer?.data?.provider_logout ?? null;
    if (elsewhere !== null) window.location.assign(elsewhere);
    else setState({ is: 'nobody' });
  }, [queryClient]);

  useEffect(() => {
    whenSessionEnds(() => setState((before) => without(before, 'nobody')));
    void ask();
  }, [ask]);

  const control = useMemo(() => ({ state, begin, logOut, ask }), [state, begin, logOut, ask]);
  return <Context.Provider value={control}>{children}</Context.Provider>;
}

export function useSessionControl(): SessionControl {
  const control = useContext(Context);
  if (control === null) throw new Error('useSessionControl outside of SessionProvider');
  return control;
}

/** Who is logged in: for what is shown only to somebody who is. */
export function useSession(): Session {
  const { state } = useSessionControl();
  if (!('session' in state)) throw new Error('useSession without a session');
  return state.session;
}

export function useMay(permission: Permission): boolean {
  return useSession().permissions.includes(permission);
}
