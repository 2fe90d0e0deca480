import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { askAgain } from './askAgain';
import { both, follow, type Changes } from './changes';
import { API, type Schema } from './client';
import { keepOpen } from './keepOpen';
import { useSessionControl } from './session';

/** How far what is on the screen is live: whether the stream is open, and what the server says of itself. */
export interface Live {
  connection: 'connecting' | 'open' | 'lost';
  server: Schema<'StreamState'> | null;
}

const Context = createContext<Live>({ connection: 'connecting', server: null });

/** A burst of changes asks once, after so many milliseconds. */
const GATHER = 150;

/** Listens to the server's events as long as somebody is logged in. */
export function StreamProvider({ children }: { children: ReactNode }) {
  const { state, ask } = useSessionControl();
  const queryClient = useQueryClient();
  const [live, setLive] = useState<Live>({ connection: 'connecting', server: null });
  const here = state.is === 'here';

  useEffect(() => {
    if (!here) return;
    let gathered: Changes | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let wasLost = false;

    function hear(source: EventSource) {
      source.onopen = () => {
        setLive((before) => ({ ...before, connection: 'open' }));
        // What happened in between was not told.
        if (wasLost) askAgain(queryClient);
        wasLost = false;
      };
      source.onerror = () => {
        wasLost = true;
        setLive((before) => ({ ...before, connection: 'lost' }));
      };
      source.addEventListener('state', (event: MessageEvent<string>) => {
        setLive({ connection: 'open', server: JSON.parse(event.data) as Schema<'StreamState'> });
      });
      source.addEventListener('changed', (event: MessageEvent<string>) => {
        const now = JSON.parse(event.data) as Changes;
        const all = gathered === null ? now : both(gathered, now);
        gathered = all;
        clearTimeout(timer);
        timer = setTimeout(() => {
          gathered = null;
          follow(queryClient, all);
        }, GATHER);
      });
      source.addEventListener('ended', () => void ask());
    }

    // The session says whether the stream was refused because it is over.
    const close = keepOpen(`${API}/events`, hear, () => void ask());
    return () => {
      clearTimeout(timer);
      close();
    };
  }, [here, ask, queryClient]);

  const value = useMemo(() => live, [live]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

export function useLive(): Live {
  return useContext(Context);
}
