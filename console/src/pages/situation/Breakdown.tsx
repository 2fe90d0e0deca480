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
  areas: Schema<'AreaSituation'>[];
  overdue: Schema<'Figure'>;
  unrouted: Schema<'Figure'>;
}

/** The sums of the widest areas by level. Several of them (an account of two sub-districts) are shown one by one below. */
export function LevelBreakdown({ areas, overdue, unrouted }: LevelProps) {
  const { t, word } = useTexts();
  return (
    <section className="panel situation-levels" aria-label={t('situation.open')}>
      <h2>{t('situation.open')}</h2>
      <div className="levels">
        {LEVELS.map((level) => (
          <div key={level} className="levels-one">
            <LevelTag level={level} />
            <Figure figure={sum(areas, level)} label={word('level', level)} className="figure-large" />
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

function sum(areas: Schema<'AreaSituation'>[], level: (typeof LEVELS)[number]): Schema<'Figure'> {
  const figures = areas.map((area) => area.warnings[level].open);
  const [only] = figures;
  // What the account sees of a level at all is the same list as that of its widest areas together.
  return figures.length === 1 && only !== undefined
    ? only
    : { value: figures.reduce((total, { value }) => total + value, 0), query: `open=true&level=${level}` };
}
