import { useEffect, useState } from 'react';
import { api, isProblem } from '../../../api/client';
import type { Diagnostic, FileText } from '../studio';

/** So long after the last key the files are checked, in milliseconds. */
const PAUSE = 150;
/** So long after the server was busy it is asked again, in milliseconds. */
const BUSY = 1000;
const NONE: Diagnostic[] = [];

export interface Check {
  findings: Diagnostic[];
  /** Whether what is on the screen has not been checked yet. */
  running: boolean;
  /** How long the last check took at the server, in milliseconds. */
  took: number | null;
  error: unknown;
}

/** What the engine's own check says of the files laid over the folder, a moment after the last key. */
export function useFindings(files: FileText[]): Check {
  const [check, setCheck] = useState<Check>({ findings: NONE, running: true, took: null, error: null });
  useEffect(() => {
    const abort = new AbortController();
    setCheck((before) => ({ ...before, running: true }));
    let timer = setTimeout(ask, PAUSE);
    function ask() {
      api
        .POST('/rules/check', { body: { files }, signal: abort.signal })
        .then(({ data, error }) => {
          if (isProblem(error) && error.code === 'busy') {
            timer = setTimeout(ask, BUSY);
            return;
          }
          setCheck({ findings: data?.diagnostics ?? NONE, running: false, took: data?.took_ms ?? null, error: error ?? null });
        })
        .catch((error: unknown) => {
          if (!abort.signal.aborted) setCheck({ findings: NONE, running: false, took: null, error });
        });
    }
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [files]);
  return check;
}
