import { useSyncExternalStore } from 'react';
import { serverNow } from '../api/client';

let now = serverNow();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick() {
  now = serverNow();
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(tick, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** Now by the server's clock in milliseconds; every second anew, by one timer for all clocks on the page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
