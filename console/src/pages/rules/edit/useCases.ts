import { useCallback, useEffect, useRef, useState } from 'react';
import { api, type Schema } from '../../../api/client';
import type { FileText } from '../studio';

export interface CasesControl {
  /** Runs the cases of a rule, or all. */
  run: (rule: string | null) => Promise<void>;
  running: boolean;
  result: Schema<'CasesResult'> | null;
  error: unknown;
}

/** Runs cases over files laid over the folder; an answer that another run has overtaken is dropped. */
export function useCases(files: FileText[]): CasesControl {
  const [state, setState] = useState<Omit<CasesControl, 'run'>>({ running: false, result: null, error: null });
  const latest = useRef(files);
  const abort = useRef<AbortController>(undefined);
  useEffect(() => {
    latest.current = files;
  }, [files]);
  useEffect(() => () => abort.current?.abort(), []);

  const run = useCallback(async (rule: string | null) => {
    abort.current?.abort();
    const { signal } = (abort.current = new AbortController());
    setState((before) => ({ ...before, running: true, error: null }));
    try {
      const { data, error } = await api.POST('/rules/cases', {
        body: { files: latest.current, ...(rule === null ? {} : { filter: rule }) },
        signal,
      });
      setState({ running: false, result: data ?? null, error: error ?? null });
    } catch (error) {
      if (!signal.aborted) setState({ running: false, result: null, error });
    }
  }, []);
  return { ...state, run };
}
