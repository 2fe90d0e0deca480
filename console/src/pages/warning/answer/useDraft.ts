import { useCallback, useRef, useState } from 'react';
import { api } from '../../../api/client';
import { useSession } from '../../../api/session';
import { useSaving } from '../../../parts/useSaving';
import { isEmpty, type Draft } from './draft';

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
  const key = `yujing-draft/${account.id}/${warningId}`;
  const [draft, setDraft] = useState<Draft>(() => read(key) ?? fromServer ?? {});
  const [state, setState] = useState<DraftState>(fromServer === null ? 'none' : 'saved');
  const newest = useRef(draft);

  const send = useCallback(async () => {
    if (sessionStorage.getItem(key) === null) return;
    const saved = newest.current;
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

  const { saveSoon, saveNow } = useSaving(send);

  const hold = useCallback(
    (next: Draft) => {
      newest.current = next;
      setDraft(next);
      sessionStorage.setItem(key, JSON.stringify(next));
      setState('saving');
    },
    [key],
  );
  const change = useCallback(
    (fields: Partial<Draft>) => {
      hold({ ...newest.current, ...fields });
      saveSoon();
    },
    [hold, saveSoon],
  );
  const discard = useCallback(() => {
    hold({});
    saveNow();
  }, [hold, saveNow]);

  return { draft, state, change, discard };
}
