import type { Query, QueryClient } from '@tanstack/react-query';
import { isProblem } from './client';

/** So long after it failed something is asked for again, in milliseconds. */
const LATER = 10_000;

/** Whether another time the server may answer: it was too busy, or something between it and the page has failed. What it refuses it refuses again. */
function isPassing(error: unknown): boolean {
  return !isProblem(error) || error.code === 'busy' || error.code === 'too_many';
}

/** What will be asked for again, whoever asks for it before. */
const waiting = new WeakSet<Query<unknown, unknown, unknown>>();

/** Asks again later for what failed in passing, as long as it is on the screen. */
export function askLater(queryClient: QueryClient, failed: Query<unknown, unknown, unknown>, error: unknown) {
  if (!isPassing(error) || waiting.has(failed)) return;
  waiting.add(failed);
  setTimeout(() => {
    waiting.delete(failed);
    if (failed.state.status !== 'error') return;
    void queryClient.refetchQueries({ queryKey: failed.queryKey, exact: true, type: 'active' });
  }, LATER);
}
