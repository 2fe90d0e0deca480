import { Alert, Button } from 'antd';
import { useState } from 'react';
import type { Bilingual, Comparison, Explanation, FeatureValue, LevelChange, RuleExplanation } from '../../api/records';
import { DataTable } from '../../parts/DataTable';
import { EvidenceOf } from '../../parts/Findings';
import { Loading } from '../../parts/Loading';
import { LevelTag, Mark } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import { byNearness, numberText } from './nearness';

/** So many rules that do not fire are shown at first, the nearest. */
const NEAREST = 5;

interface Props {
  operatorId: string;
  explanation: Explanation | null;
  error: unknown;
  ask: () => unknown;
}

/** Every rule, fired or not, how far it is from turning, and what would move the level. */
export function Rules({ operatorId, explanation, error, ask }: Props) {
  const { t } = useTexts();
  return (
    <section className="panel" aria-label={t('explanation.title')}>
      <h2>{t('explanation.title')}</h2>
      {explanation !== null ? (
        <Answer operatorId={operatorId} explanation={explanation} />
      ) : error === null ? (
        <Loading />
      ) : (
        <Alert
          type="warning"
          showIcon
          message={t('explanation.away')}
          action={
            <Button size="small" onClick={() => void ask()}>
              {t('app.retry')}
            </Button>
          }
        />
      )}
    </section>
  );
}

function Answer({ operatorId, explanation: { rules, smallest_changes: changes, titles } }: { operatorId: string; explanation: Explanation }) {
  const { t, of, word } = useTexts();
  const [all, setAll] = useState(false);
  const fired = rules.filter(({ outcome }) => outcome === 'fired');
  const others = rules.filter(({ outcome }) => outcome !== 'fired').sort(byNearness);
  const failed = others.filter(({ outcome }) => outcome === 'failed');
  const quiet = others.filter(({ outcome }) => outcome !== 'failed');
  const shown = [...fired, ...failed, ...(all ? quiet : quiet.slice(0, NEAREST))];
  return (
    <>
      <p className="soft">{t('explanation.note')}</p>
      <Changes changes={changes} />
      <p>{t('explanation.fired_count', { fired: fired.length, total: rules.length })}</p>
      <DataTable
        caption={t('explanation.title')}
        rows={shown}
        rowKey={({ rule }) => rule}
        columns={[
          {
            title: t('explanation.rule'),
            cell: ({ title, because, disputed, failure }) => (
              <>
                <span className="foreign">{of(title)}</span> {disputed === true && <Mark strong>{t('warning.disputed')}</Mark>}
                {because !== null && <div className="soft small foreign">{of(because)}</div>}
                {failure !== null && <div className="clock-over small foreign">{failure}</div>}
              </>
            ),
          },
          {
            title: t('explanation.outcome'),
            className: 'narrow',
            cell: ({ outcome }) => <Mark strong={outcome === 'fired' || outcome === 'failed'}>{word('outcome', outcome)}</Mark>,
          },
          { title: t('explanation.counted'), className: 'narrow num', cell: ({ outcome, counted }) => (outcome === 'fired' ? counted : '—') },
          { title: t('explanation.decided'), cell: (rule) => <Decided rule={rule} operatorId={operatorId} titles={titles} /> },
        ]}
      />
      {quiet.length > NEAREST && (
        <p>
          <Button size="small" onClick={() => setAll(!all)}>
            {all ? t('explanation.show_near') : t('explanation.show_all', { count: rules.length })}
          </Button>
        </p>
      )}
    </>
  );
}

function Changes({ changes: { raise, lower } }: { changes: Explanation['smallest_changes'] }) {
  const { t } = useTexts();
  return (
    <>
      <h3 className="changes-title">{t('explanation.changes')}</h3>
      <ul className="changes">
        <li>
          {t('explanation.raise')}{t('app.colon')}{raise === null ? t('explanation.no_raise') : <Change change={raise} />}
        </li>
        <li>
          {t('explanation.lower')}{t('app.colon')}{lower === null ? t('explanation.no_lower') : <Change change={lower} />}
        </li>
      </ul>
      <p className="soft small">{t('explanation.change_note')}</p>
    </>
  );
}

function Change({ change }: { change: LevelChange }) {
  const { t, of } = useTexts();
  const value = useValue();
  const { title, from, to, score, level } = change;
  return (
    <>
      {t('explanation.change', { feature: of(title), from: value(from), to: value(to), score })} <LevelTag level={level} />
    </>
  );
}

/** The comparisons behind a rule, the values that it read, and the records behind those. */
function Decided({ rule, operatorId, titles }: { rule: RuleExplanation; operatorId: string; titles: Record<string, Bilingual> }) {
  const { t, of } = useTexts();
  const value = useValue();
  const reads = Object.entries(rule.reads);
  return (
    <>
      <ul className="comparisons">
        {rule.decided_by.map((comparison, index) => (
          <li key={index}>
            <ComparisonText comparison={comparison} titles={titles} />
          </li>
        ))}
      </ul>
      {reads.length > 0 && (
        <details className="evidence">
          <summary>{t('explanation.reads')}</summary>
          <ul>
            {reads.map(([name, read]) => (
              <li key={name}>
                {titles[name] === undefined ? name : of(titles[name])}{t('app.colon')}<span className="num">{value(read)}</span> <code className="soft">{name}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
      {rule.evidence !== null && <EvidenceOf evidence={rule.evidence} operatorId={operatorId} titles={titles} />}
    </>
  );
}

function ComparisonText({ comparison, titles }: { comparison: Comparison; titles: Record<string, Bilingual> }) {
  const { t, of } = useTexts();
  const value = useValue();
  const { text, holds, left, distance } = comparison;
  const named = text.replace(/\bop\.(\w+)/g, (whole, name: string) => (titles[name] === undefined ? whole : of(titles[name])));
  return (
    <>
      <span title={text}>{named}</span>{' '}
      <span className="soft">
        {t(holds ? 'explanation.met' : 'explanation.unmet')}{t('app.comma')}{t('explanation.now', { value: value(left) })}
        {distance !== undefined && `${t('app.comma')}${t(holds ? 'explanation.distance_met' : 'explanation.distance_unmet', { distance: numberText(distance) })}`}
      </span>
    </>
  );
}

/** A feature's value as text. */
function useValue(): (value: FeatureValue) => string {
  const { t } = useTexts();
  return (value) => {
    if (value === null) return t('app.unknown');
    if (typeof value === 'boolean') return value ? t('app.yes') : t('app.no');
    return typeof value === 'number' ? numberText(value) : value;
  };
}
