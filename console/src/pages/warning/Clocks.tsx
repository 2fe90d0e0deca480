import type { ReactNode } from 'react';
import { timeText } from '../../format/time';
import { Clock } from '../../parts/Clock';
import { Facts } from '../../parts/Facts';
import { useTexts } from '../../texts/language';
import type { WarningFile } from './events';

/** States in which the time to act still runs. */
const RUNNING = new Set(['new', 'acknowledged', 'in_progress']);

/** Who is to act until when, who is above, who has a copy. */
export function Clocks({ file: { summary, newest, handling } }: { file: WarningFile }) {
  const { t, of } = useTexts();
  const runs = summary.open && (handling === null || RUNNING.has(handling.state));
  const due: ReactNode = summary.due_at !== null && (
    <>
      <span className="num">{timeText(summary.due_at)}</span> {runs && <Clock until={summary.due_at} />}
      {newest?.due_provisional != null && <div className="soft small">{t('warning.provisional')}</div>}
    </>
  );
  const acknowledge: ReactNode = handling?.acknowledge_by != null && (
    <>
      <span className="num">{timeText(handling.acknowledge_by)}</span> {summary.open && <Clock until={handling.acknowledge_by} />}
    </>
  );
  const { asked = null, granted = null } = handling?.extension ?? {};
  const ladder = handling?.ladder ?? [];
  const copies = handling?.copies ?? [];
  return (
    <section className="panel clocks" aria-label={t('warning.clocks')}>
      <h2>{t('warning.clocks')}</h2>
      <Facts
        facts={[
          [t('warning.acknowledge_by'), acknowledge],
          [t('warning.due'), due],
          [t('warning.extension_asked'), asked !== null && timeText(asked)],
          [t('warning.extension_granted'), granted !== null && timeText(granted)],
          [t('warnings.opened'), timeText(summary.opened_at)],
          [t('warnings.ended'), summary.ended_at !== null && timeText(summary.ended_at)],
          [t('warning.assignee'), handling !== null && <bdi>{of(handling.assignee.title)}</bdi>],
          [t('warning.ladder'), ladder.length > 0 && ladder.map(({ title }) => of(title)).join(' → ')],
          [
            t('warning.copies'),
            copies.length > 0 &&
              copies.map(({ title, candidate }) => of(title) + (candidate === true ? `（${t('warning.candidate')}）` : '')).join('、'),
          ],
        ]}
      />
    </section>
  );
}
