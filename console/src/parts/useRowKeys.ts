import { useEffect, useState } from 'react';
import { useKeys } from './keys';

/** J and K move through the rows of a list, Enter opens one. Gives the key of the row where the keyboard is. */
export function useRowKeys(rows: string[], open: (row: string) => void): string | undefined {
  const [current, setCurrent] = useState<string>();
  const index = current === undefined ? -1 : rows.indexOf(current);

  useEffect(() => {
    if (current !== undefined) document.getElementById(`row-${current}`)?.scrollIntoView({ block: 'nearest' });
  }, [current]);

  function move(by: number) {
    const next = rows[index < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, index + by))];
    if (next !== undefined) setCurrent(next);
  }

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    enter: () => {
      const row = rows[index];
      if (row !== undefined) open(row);
    },
  });
  return index < 0 ? undefined : current;
}
