import type { Schema } from '../../api/client';
import { OFFICE_ZONE } from '../../format/time';

type Day = Schema<'Situation'>['trend'][number];

const format = new Intl.DateTimeFormat('sv-SE', { timeZone: OFFICE_ZONE, dateStyle: 'short' });

/** The last `span` days up to `now`, with those that the server leaves out because nothing happened. */
export function fillDays(days: Day[], span: number, now: number): Day[] {
  const known = new Map(days.map((day) => [day.day, day]));
  return Array.from({ length: span }, (_, index) => {
    const day = format.format(now - (span - 1 - index) * 86_400_000);
    return known.get(day) ?? { day, opened: 0, ended: 0, query: '' };
  });
}
