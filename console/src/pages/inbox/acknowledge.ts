import { api, isProblem, type Schema } from '../../api/client';
import { uuid } from '../../api/uuid';

type InboxItem = Schema<'InboxItem'>;

/** Whether acknowledging is what the item waits for, and nobody has sent it yet. */
export function canAcknowledge({ next, answer }: InboxItem): boolean {
  return next === 'acknowledge' && (answer === null || answer.state === 'refused');
}

/** A key of an item: a warning may concern several duties of one account. */
export function itemKey({ warning, duty }: InboxItem): string {
  return `${warning.warning_id}/${duty.post}/${duty.role}`;
}

export interface Outcome {
  done: number;
  /** What the server or the network said of those that failed. */
  failures: unknown[];
}

/**
 * The id under which an item is acknowledged: the same until the server has said yes or no, also when it is tried again after the
 * network failed or in another visit of the page, so that it is never there twice.
 */
function idOf(item: InboxItem): { key: string; id: string } {
  const key = `acknowledge/${itemKey(item)}/${String(item.warning.sequence)}`;
  const id = sessionStorage.getItem(key) ?? uuid();
  sessionStorage.setItem(key, id);
  return { key, id };
}

/** Acknowledges each by an answer of its own, one after the other: the order is that on the screen. */
export async function acknowledgeAll(items: InboxItem[]): Promise<Outcome> {
  const outcome: Outcome = { done: 0, failures: [] };
  for (const item of items) {
    const { warning, duty } = item;
    const { key, id } = idOf(item);
    try {
      const { error } = await api.POST('/warnings/{warning_id}/answers', {
        params: { path: { warning_id: warning.warning_id } },
        body: { id, post: duty.post, role: duty.role, action: 'acknowledged', seen_sequence: warning.sequence },
      });
      if (error === undefined) outcome.done += 1;
      else outcome.failures.push(error);
      // What was refused is another answer when it is tried again; what could not be kept is the same.
      if (error === undefined || (isProblem(error) && error.status < 500 && error.status !== 401)) sessionStorage.removeItem(key);
    } catch (error) {
      outcome.failures.push(error);
    }
  }
  return outcome;
}
