import { useCallback, useEffect, useRef, useState } from 'react';
import { api } from '../../../api/client';
import { useSessionControl, useSession } from '../../../api/session';
import { isEmpty, type Draft } from './draft';

/** So long after the last key a draft is sent, in milliseconds. */
const PAUSE = 600;

export type DraftState = 'none' | 'saving' | 'saved' | 'unsaved';

export interface DraftControl {
  draft: Draft;
  state: DraftState;
  change: (fields: Partial<Draft>) => void;
  discard: () => void;
}

function read(key: string): Draft | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') as Draft | null;
  } catch {
    return null;
  }
}

/**
 * Keeps what is typed at the server, and in this tab until the server has it: a session that ends, a network that goes away or a
 * page that is loaded again lose nothing.
 */
export function useDraft(warningId: string, fromServer: Draft | null): DraftControl {
  const { account } = useSession();
  const { state: session } = useSessionControl();
  const key = `yujing-draft/${account.id}/${warningId}`;
  const [draft, setDraft] = useState<Draft>(() => read(key) ?? fromServer ?? {});
  const [state, setState] = useState<DraftState>(fromServer === null ? 'none' : 'saved');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const newest = useRef(draft);

  const save = useCallback(async () => {
    clearTimeout(timer.current);
    const saved = newest.current;
    if (sessionStorage.getItem(key) === null) return;
    setState('saving');
    const path = { params: { path: { warning_id: warningId } } };
    const sent = isEmpty(saved)
      ? api.DELETE('/drafts/{warning_id}', path)
      : api.PUT('/drafts/{warning_id}', { ...path, body: { ...saved } });
    const ok = await sent.then(({ error }) => error === undefined).catch(() => false);
    // Something was typed meanwhile: its own save follows.
    if (newest.current !== saved) return;
    if (ok) sessionStorage.removeItem(key);
    setState(ok ? (isEmpty(saved) ? 'none' : 'saved') : 'unsaved');
  }, [key, warningId]);

  const change = useCallback(
    (fields: Partial<Draft>) => {
      newest.current = { ...newest.current, ...fields };
      setDraft(newest.current);
      sessionStorage.setItem(key, JSON.stringify(newest.current));
      setState('saving');
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void save(), PAUSE);
    },
    [key, save],
  );

  const discard = useCallback(() => {
    clearTimeout(timer.current);
    newest.current = {};
    setDraft({});
    setState('none');
    sessionStorage.removeItem(key);
    void api.DELETE('/drafts/{warning_id}', { params: { path: { warning_id: warningId } } }).catch(() => undefined);
  }, [key, warningId]);

  // After another login what could not be saved is sent; and when the page is left.
  useEffect(() => {
    if (session.is === 'here') void save();
  }, [session.is, save]);
  useEffect(() => () => void save(), [save]);

  return { draft, state, change, discard };
}
