import { durationText, timeText } from '../format/time';
import { useTexts } from '../texts/language';
import { useNow } from './now';

/** What is left until an instant, running; past it, how long it is overdue. */
export function Clock({ until }: { until: string | null | undefined }) {
  const { t } = useTexts();
  const now = useNow();
  const at = Date.parse(until ?? '');
  if (!Number.isFinite(at)) return <span className="soft">{t('clock.none')}</span>;
  const left = at - now;
  const time = durationText(left, t);
  return (
    <span className={left < 0 ? 'clock clock-over' : 'clock'} title={timeText(until)}>
      {left < 0 ? t('clock.over', { time }) : t('clock.left', { time })}
    </span>
  );
}
