import type { Schema } from '../../api/client';
import type { Level } from '../../api/records';
import { Figure } from '../../parts/Figure';
import { LevelTag } from '../../parts/Tags';
import { useTexts } from '../../texts/language';

export const LEVELS = ['red', 'orange', 'yellow', 'blue'] as const satisfies Level[];

interface Item {
  label: string;
  figure: Schema<'Figure'>;
}

/** Open warnings, told apart by one property, with bars that show the shares. */
export function Breakdown({ title, items }: { title: string; items: Item[] }) {
  const most = Math.max(1, ...items.map(({ figure }) => figure.value));
  return (
    <section className="panel" aria-label={title}>
      <h2>{title}</h2>
      <ul className="breakdown">
        {items.map(({ label, figure }) => (
          <li key={label}>
            <span className="breakdown-label">{label}</span>
            <meter className="breakdown-bar" min={0} max={most} value={figure.value} aria-hidden="true" />
            <Figure figure={figure} label={label} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface LevelProps {
  levels: Schema<'Situation'>['by_level'];
  overdue: Schema<'Figure'>;
  unrouted: Schema<'Figure'>;
}

/** Open warnings by level, overdue, without a post. */
export function LevelBreakdown({ levels, overdue, unrouted }: LevelProps) {
  const { t, word } = useTexts();
  return (
    <section className="panel situation-levels" aria-label={t('situation.open')}>
      <h2>{t('situation.open')}</h2>
      <div className="levels">
        {levels.map(({ level, figure }) => (
          <div key={level} className="levels-one">
            <LevelTag level={level} />
            <Figure figure={figure} label={word('level', level)} className="figure-large" />
          </div>
        ))}
        <div className="levels-one levels-apart">
          <span>{t('situation.overdue')}</span>
          <Figure figure={overdue} label={t('situation.overdue')} className={overdue.value > 0 ? 'figure-large figure-bad' : 'figure-large'} />
        </div>
        <div className="levels-one">
          <span>{t('situation.unrouted')}</span>
          <Figure figure={unrouted} label={t('situation.unrouted')} className="figure-large" />
        </div>
      </div>
    </section>
  );
}
