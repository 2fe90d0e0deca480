import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { API, type Schema } from './client';
import { useSessionControl } from './session';

interface Changes {
  warnings: string[];
  operators: string[];
  answers: string[];
  areas: boolean;
  /** Further warnings and operators than those that are named. */
  others: boolean;
  /** Rules, changes of them or what is in force. */
  rules: boolean;
}

/** How far what is on the screen is live: whether the stream is open, and what the server says of itself. */
export interface Live {
  connection: 'connecting' | 'open' | 'lost';
  server: Schema<'StreamState'> | null;
}

const Context = createContext<Live>({ connection: 'connecting', server: null });

/** A burst of changes asks once, after so many milliseconds. */
const GATHER = 150;

/** Queries that a change may have made old, by the first part of their path. */
function touched({ warnings, operators, answers, areas, others, rules }: Changes): Set<string> {
  const paths = new Set<string>();
  if (warnings.length > 0 || others) ['/inbox', '/warnings', '/situation', '/operators'].forEach((path) => paths.add(path));
  if (operators.length > 0) ['/operators', '/situation'].forEach((path) => paths.add(path));
  if (answers.length > 0) ['/inbox', '/answers', '/warnings'].forEach((path) => paths.add(path));
  if (areas) paths.add('/situation');
  if (rules) paths.add('/rules');
  return paths;
}

/** Whether a query shows something of what changed: lists always, one warning or operator only if it is among them. */
function concerns(queryKey: readonly unknown[], changes: Changes, paths: Set<string>): boolean {
  const [, path, init] = queryKey as [string, string, { params?: { path?: Record<string, string> } }?];
  if (!paths.has(`/${path.split('/')[1] ?? ''}`)) return false;
  // Words change with the folder only, and are many.
  if (path === '/rules/vocabulary') return false;
  const { warning_id: warning, operator_id: operator } = init?.params?.path ?? {};
  if (changes.others) return true;
  if (warning !== undefined) return changes.warnings.includes(warning) || changes.answers.length > 0;
  if (operator !== undefined) return changes.operators.includes(operator) || changes.warnings.length > 0;
  return true;
}

function invalidate(queryClient: QueryClient, changes: Changes) {
  const paths = touched(changes);
  void queryClient.invalidateQueries({ predicate: (query) => concerns(query.queryKey, changes, paths) });
}

/** Listens to the server's events as long as somebody is logged in. */
export function StreamProvider({ children }: { children: ReactNode }) {
  const { state, ask } = useSessionControl();
  const queryClient = useQueryClient();
  const [live, setLive] = useState<Live>({ connection: 'connecting', server: null });
  const here = state.is === 'here';

  useEffect(() => {
    if (!here) return;
    const source = new EventSource(`${API}/events`);
    let gathered: Changes | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wasLost = false;

    source.onopen = () => {
      setLive((before) => ({ ...before, connection: 'open' }));
      // What happened in between was not told.
      if (wasLost) void queryClient.invalidateQueries();
      wasLost = false;
    };
    source.onerror = () => {
      wasLost = true;
      setLive((before) => ({ ...before, connection: 'lost' }));
      // The browser tries again by itself unless it was refused: then the session says why.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(() => void ask(), 5000);
    };
    source.addEventListener('state', (event: MessageEvent<string>) => {
      setLive({ connection: 'open', server: JSON.parse(event.data) as Schema<'StreamState'> });
    });
    source.addEventListener('changed', (event: MessageEvent<string>) => {
      const now = JSON.parse(event.data) as Changes;
      const before: Changes = gathered ?? { warnings: [], operators: [], answers: [], areas: false, others: false, rules: false };
      const all: Changes = {
        warnings: [...before.warnings, ...now.warnings],
        operators: [...before.operators, ...now.operators],
        answers: [...before.answers, ...now.answers],
        areas: before.areas || now.areas,
        others: before.others || now.others,
        rules: before.rules || now.rules,
      };
      gathered = all;
      clearTimeout(timer);
      timer = setTimeout(() => {
        gathered = null;
        invalidate(queryClient, all);
      }, GATHER);
    });
    source.addEventListener('ended', () => void ask());
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [here, ask, queryClient]);

  const value = useMemo(() => live, [live]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useLive(): Live {
  return useContext(Context);
}
