import { useCallback, useEffect, useRef, useState } from 'react';
import { api } from '../../../api/client';
import { sendPhotograph } from '../../../api/photographs';
import { problemText } from '../../../parts/Problem';
import { sizeText } from '../../../format/size';
import { useTexts } from '../../../texts/language';
import type { WarningFile } from '../events';
import type { Draft } from './draft';

/** A file on its way, or one that was not taken. */
export interface Transfer {
  id: number;
  file: File;
  /** How much has left, from 0 to 1. */
  share: number;
  /** Why it was not taken; null while it is on its way. */
  failure: string | null;
}

export interface Photographs {
  /** Hashes of those that have arrived. */
  arrived: string[];
  transfers: Transfer[];
  /** Whether some are on their way. */
  busy: boolean;
  /** Whether more were chosen than there may be. */
  tooMany: boolean;
  add: (files: File[]) => void;
  retry: (transfer: Transfer) => void;
  /** Takes one away that was not taken or is on its way. */
  drop: (id: number) => void;
  /** Takes one away that has arrived. */
  remove: (sha256: string) => void;
  /** Takes all away that the answer would have had. */
  clear: () => void;
}

let lastId = 0;

/** Brings photographs for an answer, one after the other; those that have arrived are in the draft. */
export function usePhotographs({ summary, attaching }: WarningFile, draft: Draft, change: (fields: Partial<Draft>) => void): Photographs {
  const texts = useTexts();
  const warningId = summary.warning_id;
  const [transfers, setTransfers] = useState<Transfer[]>([]);
  const [tooMany, setTooMany] = useState(false);
  const aborts = useRef(new Map<number, AbortController>());
  const queue = useRef(Promise.resolve());
  // What has arrived since the draft was last shown.
  const arrived = useRef<string[]>([]);
  arrived.current = draft.attachments ?? [];

  const take = useCallback(
    (hashes: string[]) => {
      arrived.current = hashes;
      change({ attachments: hashes });
    },
    [change],
  );

  const drop = useCallback((id: number) => {
    aborts.current.get(id)?.abort();
    setTransfers((all) => all.filter((transfer) => transfer.id !== id));
  }, []);

  const send = useCallback(
    async ({ id, file }: Transfer) => {
      const mend = (fields: Partial<Transfer>) => setTransfers((all) => all.map((one) => (one.id === id ? { ...one, ...fields } : one)));
      const signal = aborts.current.get(id)?.signal;
      if (signal === undefined || signal.aborted) return;
      const limit = attaching?.max_bytes ?? 0;
      if (file.size > limit) {
        mend({ failure: texts.t('answer.photos_large', { size: sizeText(limit) }) });
        return;
      }
      try {
        const { sha256 } = await sendPhotograph({ warningId, file, signal, onProgress: (share) => mend({ share }) });
        if (!arrived.current.includes(sha256)) take([...arrived.current, sha256]);
        drop(id);
      } catch (error) {
        // One that was taken away has no place to say it any more.
        mend({ failure: problemText(error, texts) });
      }
    },
    [attaching?.max_bytes, warningId, take, drop, texts],
  );

  const begin = useCallback(
    (transfer: Transfer) => {
      aborts.current.set(transfer.id, new AbortController());
      queue.current = queue.current.then(() => send(transfer));
    },
    [send],
  );

  function add(files: File[]) {
    const waiting = transfers.filter(({ failure }) => failure === null).length;
    const room = Math.max(0, (attaching?.max_count ?? 0) - arrived.current.length - waiting);
    setTooMany(files.length > room);
    const added = files.slice(0, room).map((file) => ({ id: (lastId += 1), file, share: 0, failure: null }));
    setTransfers((all) => [...all, ...added]);
    added.forEach(begin);
  }

  function retry(transfer: Transfer) {
    setTransfers((all) => all.map((one) => (one.id === transfer.id ? { ...one, share: 0, failure: null } : one)));
    begin(transfer);
  }

  function remove(sha256: string) {
    setTooMany(false);
    take(arrived.current.filter((one) => one !== sha256));
    takeBack(warningId, sha256);
  }

  function clear() {
    transfers.forEach(({ id }) => drop(id));
    arrived.current.forEach((sha256) => takeBack(warningId, sha256));
    setTooMany(false);
  }

  // Whoever leaves the page stops what is on its way.
  useEffect(() => {
    const controllers = aborts.current;
    return () => controllers.forEach((controller) => controller.abort());
  }, []);

  const busy = transfers.some(({ failure }) => failure === null);
  return { arrived: arrived.current, transfers, busy, tooMany, add, retry, drop, remove, clear };
}

/** Takes one back at the server; where that fails it goes by itself with the draft. */
function takeBack(warningId: string, sha256: string) {
  const path = { warning_id: warningId, sha256 };
  void api.DELETE('/warnings/{warning_id}/attachments/{sha256}', { params: { path } }).catch(() => undefined);
}
