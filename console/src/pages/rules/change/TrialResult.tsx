import { Link } from 'react-router-dom';
import type { Schema } from '../../../api/client';
import { timeText } from '../../../format/time';
import { DataTable } from '../../../parts/DataTable';
import { Foreign, LevelTag } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';

type Result = Schema<'TrialResult'>;

const LEVELS = ['red', 'orange', 'yellow', 'blue'] as const;

/** What a trial gave: the work it makes against the budget, and whom only one of the two would have warned of. */
export function TrialResult({ result }: { result: Result }) {
  const { t } = useTexts();
  const { from, to, records, gained, gained_total, lost, lost_total } = result;
  return (
    <div className="trial">
      <p>{t('trial.span', { from: timeText(from), to: timeText(to), records: records.toLocaleString('en-US') })}</p>
      <Work result={result} />
      <Steps steps={result.steps} />
      <Moves levels={result.levels} />
      <Rules rules={result.rules} />
      <Operators title={t('trial.gained', { count: gained_total })} ids={gained} />
      <Operators title={t('trial.lost', { count: lost_total })} ids={lost} />
    </div>
  );
}

/** Warnings by level, and the days on which there were more than people can handle. */
function Work({ result: { in_force, change, budget } }: { result: Result }) {
  const { t, word } = useTexts();
  const sides = [
    { name: t('trial.in_force'), side: in_force },
    { name: t('trial.change'), side: change },
  ];
  return (
    <DataTable
      caption={t('trial.work')}
      rows={sides}
      rowKey={({ name }) => name}
      columns={[
        { title: t('trial.ruleset'), cell: ({ name }) => name },
        { title: t('trial.warnings'), className: 'num', cell: ({ side }) => side.warnings },
        ...LEVELS.map((level) => ({
          title: word('level', level),
          className: 'num',
          cell: ({ side }: (typeof sides)[number]) => side.levels[level],
        })),
        {
          title: t('trial.busiest'),
          className: 'num',
          cell: ({ side: { busiest } }) => (busiest === null ? '—' : t('trial.busiest_of', { day: busiest.day, count: busiest.warnings })),
        },
        {
          title: t('trial.over_budget', { budget }),
          className: 'num',
          cell: ({ side }) => <span className={side.days_over_budget > 0 ? 'clock-over' : ''}>{side.days_over_budget}</span>,
        },
      ]}
    />
  );
}

function Steps({ steps }: { steps: Result['steps'] }) {
  const { t, word } = useTexts();
  return (
    <DataTable
      caption={t('trial.steps')}
      rows={steps.filter(({ both, only_in_force, only_change }) => both + only_in_force + only_change > 0)}
      rowKey={({ step }) => step}
      empty={t('trial.no_steps')}
      columns={[
        { title: t('trial.step'), cell: ({ step }) => word('step', step) },
        { title: t('trial.both'), className: 'num', cell: ({ both }) => both },
        { title: t('trial.only_in_force'), className: 'num', cell: ({ only_in_force }) => only_in_force },
        { title: t('trial.only_change'), className: 'num', cell: ({ only_change }) => only_change },
      ]}
    />
  );
}

function Moves({ levels }: { levels: Result['levels'] }) {
  const { t } = useTexts();
  const moves = levels.filter(({ in_force, change }) => in_force !== change);
  if (moves.length === 0) return <p>{t('trial.same_levels')}</p>;
  return (
    <ul className="moves" aria-label={t('trial.moves')}>
      {moves.map(({ in_force, change, operators }) => (
        <li key={`${in_force}/${change}`}>
          <LevelTag level={in_force} /> → <LevelTag level={change} /> <span className="num">{t('trial.operators', { count: operators })}</span>
        </li>
      ))}
    </ul>
  );
}

function Rules({ rules }: { rules: Result['rules'] }) {
  const { t, of } = useTexts();
  if (rules.length === 0) return null;
  return (
    <DataTable
      caption={t('trial.rules')}
      rows={rules}
      rowKey={({ rule }) => rule}
      columns={[
        { title: t('trial.rule'), cell: ({ title }) => <Foreign text={of(title)} /> },
        { title: t('trial.in_force'), className: 'num', cell: ({ in_force }) => in_force ?? '—' },
        { title: t('trial.change'), className: 'num', cell: ({ change }) => change ?? '—' },
      ]}
    />
  );
}

function Operators({ title, ids }: { title: string; ids: string[] }) {
  if (ids.length === 0) return null;
  return (
    <details>
      <summary>{title}</summary>
      <ul className="operators-list">
        {ids.map((id) => (
          <li key={id}>
            <Link to={`/operators/${encodeURIComponent(id)}`}>
              <bdi className="foreign num">{id}</bdi>
            </Link>
          </li>
        ))}
      </ul>
    </details>
  );
}
