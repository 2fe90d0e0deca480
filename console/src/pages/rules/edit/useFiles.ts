import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';
import { api, isProblem } from '../../../api/client';
import { useSession } from '../../../api/session';
import { useSaving } from '../../../parts/useSaving';
import type { Change, FileText } from '../studio';

export type SaveState = 'saved' | 'saving' | 'unsaved' | 'conflict' | 'refused';

/** What a draft is called and why it is made. */
export type Description = Pick<Change, 'title' | 'reason'>;

interface Kept extends Description {
  revision: number;
  files: FileText[];
}

export interface FilesControl extends Description {
  files: FileText[];
  /** Grows when a text is replaced from outside the editor, which then begins anew. */
  generation: number;
  /** The revision at the server that they stand on. */
  revision: number;
  state: SaveState;
  /** Why they could not be saved. */
  error: unknown;
  /** Puts a file's text; null deletes it in the folder, undefined leaves the folder's. */
  put: (path: string, text: string | null | undefined) => void;
  describe: (description: Partial<Description>) => void;
  /** Goes on from a newer revision: with its files, or with those on the page laid over it. */
  settle: (newest: Change, keep: 'mine' | 'theirs') => void;
}

function read(key: string): Kept | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') as Kept | null;
  } catch {
    return null;
  }
}

function keptOf({ revision, title, reason, files }: Change): Kept {
  return { revision, title, reason, files: files.map(({ path, text }) => ({ path, text })) };
}

/**
 * The files of a draft while they are edited: sent a moment after the last key, and kept in this tab until the server has
 * them. A revision that somebody else saved meanwhile is never overwritten unasked.
 */
export function useFiles(change: Change): FilesControl {
  const { account } = useSession();
  const queryClient = useQueryClient();
  const key = `yujing-change/${account.id}/${change.id}`;
  const [kept, setKept] = useState<Kept>(() => read(key) ?? keptOf(change));
  const [state, setState] = useState<SaveState>('saved');
  const [error, setError] = useState<unknown>(null);
  const [generation, setGeneration] = useState(0);
  const newest = useRef(kept);
  /** Somebody else saved: nothing is sent until it is settled. */
  const inConflict = useRef(false);

  const hold = useCallback((next: Kept) => {
    newest.current = next;
    setKept(next);
  }, []);

  const send = useCallback(async () => {
    if (inConflict.current || sessionStorage.getItem(key) === null) return;
    const sending = newest.current;
    setState('saving');
    const sent = await api
      .PUT('/rules/changes/{id}', { params: { path: { id: change.id } }, body: sending })
      .catch((thrown: unknown) => ({ data: undefined, error: thrown, response: undefined }));
    if (sent.data !== undefined) {
      queryClient.setQueryData(['get', '/rules/changes/{id}', { params: { path: { id: change.id } } }], sent.data);
      const typedMeanwhile = newest.current !== sending;
      hold({ ...newest.current, revision: sent.data.revision });
      setError(null);
      if (typedMeanwhile) sessionStorage.setItem(key, JSON.stringify(newest.current));
      else sessionStorage.removeItem(key);
      setState(typedMeanwhile ? 'saving' : 'saved');
      return;
    }
    setError(sent.error);
    inConflict.current = isProblem(sent.error) && sent.error.code === 'moved';
    const refused = isProblem(sent.error) && sent.error.status < 500 && sent.error.status !== 401;
    setState(inConflict.current ? 'conflict' : refused ? 'refused' : 'unsaved');
  }, [change.id, key, hold, queryClient]);

  // The next stands on the revision of the one before.
  const { saveSoon, saveNow } = useSaving(send);

  const type = useCallback(
    (fields: Partial<Kept>) => {
      hold({ ...newest.current, ...fields });
      sessionStorage.setItem(key, JSON.stringify(newest.current));
      setState((before) => (before === 'conflict' ? before : 'saving'));
      saveSoon();
    },
    [hold, key, saveSoon],
  );

  const put = useCallback(
    (path: string, text: string | null | undefined) => {
      const others = newest.current.files.filter((file) => file.path !== path);
      if (text === undefined) setGeneration((before) => before + 1);
      const files = text === undefined ? others : [...others, { path, text }];
      files.sort((a, b) => (a.path < b.path ? -1 : 1));
      type({ files });
    },
    [type],
  );

  const settle = useCallback(
    (server: Change, keep: 'mine' | 'theirs') => {
      inConflict.current = false;
      if (keep === 'theirs') {
        sessionStorage.removeItem(key);
        hold(keptOf(server));
        setGeneration((before) => before + 1);
        setState('saved');
      } else {
        hold({ ...newest.current, revision: server.revision });
        sessionStorage.setItem(key, JSON.stringify(newest.current));
        saveNow();
      }
    },
    [hold, key, saveNow],
  );

  return { ...kept, generation, state, error, put, describe: type, settle };
}
