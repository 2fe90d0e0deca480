import type { Texts } from '../texts/language';

/**
 * The zone of offices (Beijing time): in it days begin and instants are shown and typed. A warning names another one where its
 * ruleset has another, and is shown in that. The server has the same in one place, `OFFICE_OFFSET` of `src/console/http/mod.rs`.
 */
export const OFFICE_ZONE = 'Asia/Shanghai';

/** What an instant typed in that zone ends with: it has no summer time. */
export const OFFICE_OFFSET = '+08:00';

const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(zone: string, seconds: boolean): Intl.DateTimeFormat {
  const key = `${zone} ${String(seconds)}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: seconds ? 'medium' : 'short',
  });
  formats.set(key, made);
  return made;
}

/** An instant as `2026-03-03 10:30`, in the office's zone unless another is named. */
export function timeText(instant: string | null | undefined, zone: string = OFFICE_ZONE): string {
  const at = Date.parse(instant ?? '');
  return Number.isFinite(at) ? formatIn(zone, false).format(at) : '—';
}

/** An instant to the second. */
export function exactTimeText(instant: string, zone: string = OFFICE_ZONE): string {
  const at = Date.parse(instant);
  return Number.isFinite(at) ? formatIn(zone, true).format(at) : '—';
}

/** A deadline of a rule, `30m`, `2h` or `5wd`, in words; one of another form stands for itself. */
export function deadlineText(deadline: string, t: Texts['t']): string {
  const [, number = '', unit = ''] = /^(\d+)(m|h|wd)$/.exec(deadline) ?? [];
  const count = Number(number);
  if (unit === 'm') return t('deadline.minutes', { count });
  if (unit === 'h') return t(count === 1 ? 'deadline.hour' : 'deadline.hours', { count });
  if (unit === 'wd') return t(count === 1 ? 'deadline.working_day' : 'deadline.working_days', { count });
  return deadline;
}

/** A length of time as its two largest units. */
export function durationText(milliseconds: number, t: Texts['t']): string {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600), Math.floor(seconds / 60)];
  if (days > 0) return t('clock.days', { days, hours: hours % 24 });
  if (hours > 0) return t('clock.hours', { hours, minutes: minutes % 60 });
  return t('clock.minutes', { minutes, seconds: seconds % 60 });
}
