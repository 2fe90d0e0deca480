import { useLayoutEffect, useRef } from 'react';

/** Calls what a key stands for, unless somebody is typing, a layer is open, or a modifier is held. */
export function useKeys(actions: Record<string, () => void>) {
  const latest = useRef(actions);
  // Before it can be seen: a key is never for the rows of before.
  useLayoutEffect(() => {
    latest.current = actions;
  });
  useLayoutEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (!(event.target instanceof HTMLElement) || isBusy(event.target, event.key)) return;
      const action = latest.current[event.key === 'Enter' ? 'enter' : event.key.toLowerCase()];
      if (action === undefined) return;
      event.preventDefault();
      action();
    }
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

/** Whether the key belongs to the element that has the focus. */
function isBusy(target: HTMLElement, key: string): boolean {
  // The dialog itself: what is around it stays a moment longer than anybody sees the dialog.
  if (document.querySelector('.ant-modal:not([style*="display: none"])') !== null) return true;
  if (target.closest('textarea, select, [contenteditable], input:not([type="checkbox"])') !== null) return true;
  return key === 'Enter' && target.closest('a, button, input') !== null;
}
