import { useCallback, useEffect, useRef } from 'react';
import { useSessionControl } from '../api/session';

/** So long after the last key what is typed is sent, in milliseconds. */
const PAUSE = 600;

interface Saving {
  saveSoon: () => void;
  saveNow: () => void;
}

/**
 * When what is typed is sent: a moment after the last key; after another login, for what could not be; and when the page is left.
 * One after another, so that none is overtaken by an older one.
 */
export function useSaving(send: () => Promise<void>): Saving {
  const { state: session } = useSessionControl();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const queue = useRef<Promise<void>>(Promise.resolve());

  const saveNow = useCallback(() => {
    clearTimeout(timer.current);
    queue.current = queue.current.then(send);
  }, [send]);
  const saveSoon = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(saveNow, PAUSE);
  }, [saveNow]);

  useEffect(() => {
    if (session.is === 'here') saveNow();
  }, [session.is, saveNow]);
  useEffect(() => saveNow, [saveNow]);

  return { saveSoon, saveNow };
}
