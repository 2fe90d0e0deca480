import type { Schema } from '../../api/client';
import type { Texts } from '../../texts/language';

type Age = Pick<Schema<'Situation'>['by_age'][number], 'hours_from' | 'hours_to'>;

/** A span of hours in words, in days where it is whole days. */
export function ageText({ hours_from: from, hours_to: to }: Age, t: Texts['t']): string {
  const inDays = from > 0 && from % 24 === 0 && (to === null || to % 24 === 0);
  if (to === null) return inDays ? t('situation.days_over', { from: from / 24 }) : t('situation.hours_over', { from });
  if (from === 0) return t('situation.hours_under', { to });
  return inDays
    ? t('situation.days_between', { from: from / 24, to: to / 24 })
    : t('situation.hours_between', { from, to });
}
