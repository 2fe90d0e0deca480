import type { Schema } from '../../../api/client';
import { OFFICE_OFFSET } from '../../../format/time';

/** What is typed into the answer form; times as the input has them, in the office's zone. */
export interface Draft {
  /** Id of the answer that it becomes: sending it again is harmless. */
  id?: string;
  post?: string;
  role?: string;
  action?: Schema<'Action'>;
  verdict?: Schema<'Verdict'>;
  measures?: Schema<'Measure'>[];
  findings?: string[];
  occurred?: string;
  extend?: string;
  transfer?: string;
  result?: string;
  /** Hashes of photographs that have arrived. */
  attachments?: string[];
}

export type DraftField = 'action' | 'verdict' | 'extend' | 'transfer';

function instant(local: string): string {
  return `${local}:00${OFFICE_OFFSET}`;
}

/** The fields that an action needs and the draft does not have. */
export function missingFields({ action, verdict, extend, transfer }: Draft): DraftField[] {
  const missing: DraftField[] = [];
  if (action === undefined) missing.push('action');
  if (action === 'answered' && verdict === undefined) missing.push('verdict');
  if ((action === 'extension_asked' || action === 'extension_granted') && !extend) missing.push('extend');
  if (action === 'transferred' && !transfer) missing.push('transfer');
  return missing;
}

/** The answer that a complete draft makes: what is of another action stays behind. */
export function requestOf(draft: Draft, id: string, sequence: number): Schema<'AnswerRequest'> | null {
  const { post, role, action, verdict, measures = [], findings = [], occurred, extend, transfer, result, attachments = [] } = draft;
  if (post === undefined || role === undefined || action === undefined) return null;
  const answers = action === 'answered';
  const extends_ = action === 'extension_asked' || action === 'extension_granted';
  return {
    id,
    post,
    role,
    action,
    seen_sequence: sequence,
    ...(occurred ? { occurred_at: instant(occurred) } : {}),
    ...(answers && verdict !== undefined ? { verdict } : {}),
    ...(answers && measures.length > 0 ? { measures } : {}),
    ...(answers && findings.length > 0 ? { findings } : {}),
    ...(extends_ && extend ? { extend_to: instant(extend) } : {}),
    ...(action === 'transferred' && transfer ? { transfer_to: transfer } : {}),
    ...(attachments.length > 0 ? { attachments } : {}),
    ...(result !== undefined && result.trim() !== '' ? { result: result.trim() } : {}),
  };
}

/** Whether anything has been typed that is worth keeping. */
export function isEmpty({ verdict, measures, findings, occurred, extend, transfer, result, attachments }: Draft): boolean {
  return ![verdict, occurred, extend, transfer, result].some(Boolean) && ![measures, findings, attachments].some((list) => list?.length);
}
