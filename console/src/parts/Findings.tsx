import type { Bilingual, Finding, ScoreRecord } from '../api/records';
import { Link } from 'react-router-dom';
import { eventAddress } from '../format/event';
import { deadlineText, exactTimeText } from '../format/time';
import { useTexts } from '../texts/language';
import { WORDS } from '../texts/words';
import { DataTable } from './DataTable';
import { Foreign, LevelTag, Mark } from './Tags';
import './findings.css';

/** Sources whose events stand in timelines: of the register there is the newest row alone, and past warnings are no events. */
const IN_TIMELINE = Object.keys(WORDS.source).filter((source) => source !== 'operators');

type Why = Pick<ScoreRecord, 'findings' | 'base' | 'score' | 'degraded'>;

/** Why the score is what it is: every finding with its points, floor, basis and the events behind it. */
export function Findings({ record, operatorId, titles = {} }: { record: Why; operatorId: string; titles?: Record<string, Bilingual> }) {
  const { t, of } = useTexts();
  const { findings, base, score, degraded } = record;
  const counted = findings.reduce((total, finding) => total + finding.counted, 0);
  return (
    <section className="panel" aria-label={t('warning.why')}>
      <h2>{t('warning.why')}</h2>
      <p className="num" title={t('warning.cut')}>
        {t('warning.sum', { base, counted, score })}
      </p>
      {degraded.length > 0 && <p className="clock-over">{t('warning.degraded', { reasons: degraded.join(t('app.semicolon')) })}</p>}
      <DataTable
        caption={t('warning.why')}
        rows={findings}
        rowKey={({ rule }) => rule}
        rowClass={({ disputed }) => (disputed === true ? 'finding-disputed' : '')}
        columns={[
          { title: t('warning.rule'), cell: (finding) => <Reason finding={finding} operatorId={operatorId} titles={titles} /> },
          {
            title: t('warning.points'),
            className: 'narrow num',
            cell: ({ counted, points }) => (counted === points ? points : t('warning.points_of', { counted, points })),
          },
          {
            title: t('warning.floor'),
            className: 'narrow',
            cell: ({ floor }) => (floor === null || floor === 'none' ? '—' : <LevelTag level={floor} />),
          },
          { title: t('warning.action'), cell: ({ action, deadline }) => <>{of(action)} <span className="soft num">{deadlineText(deadline, t)}</span></> },
        ]}
      />
    </section>
  );
}

function Reason({ finding, operatorId, titles }: { finding: Finding; operatorId: string; titles: Record<string, Bilingual> }) {
  const { t, of, language } = useTexts();
  const { title, because, basis, disputed, modifiers = [] } = finding;
  return (
    <div>
      <strong className="foreign">{of(title)}</strong> {disputed === true && <Mark strong>{t('warning.disputed')}</Mark>}
      <div className="foreign">{of(because)}</div>
      {basis.length > 0 && (
        <div className="soft small">
          {t('warning.basis')}{t('app.colon')}
          {basis.map(({ law, article, confirmed }) => (
            <span key={law + article} className="finding-basis">
              {language === 'zh' ? `《${law}》${article}` : `${law} ${article}`} {!confirmed && <Mark>{t('warning.unconfirmed')}</Mark>}
            </span>
          ))}
        </div>
      )}
      {modifiers.length > 0 && (
        <div className="soft small">
          {t('warning.modifier')}{t('app.colon')}{modifiers.map((modifier) => of(modifier.title)).join(t('app.semicolon'))}
        </div>
      )}
      <EvidenceOf evidence={finding.evidence} operatorId={operatorId} titles={titles} />
    </div>
  );
}

interface EvidenceProps {
  evidence: Finding['evidence'];
  operatorId: string;
  titles?: Record<string, Bilingual>;
}

/** The events that a finding rests on, down to the publisher's own number; each opens in the operator's timeline. */
export function EvidenceOf({ evidence, operatorId, titles = {} }: EvidenceProps) {
  const { t, word, of } = useTexts();
  // Scores alone do not say.
  if (evidence === undefined) return null;
  const features = Object.entries(evidence);
  const titleOf = (feature: string) => (titles[feature] === undefined ? feature : of(titles[feature]));
  if (features.length === 0) return <div className="soft small">{t('warning.no_evidence')}</div>;
  return (
    <details className="evidence">
      <summary>{t('warning.evidence')}</summary>
      {features.map(([feature, { total, newest }]) => (
        <div key={feature}>
          <div className="soft">{t('warning.evidence_of', { feature: titleOf(feature), total })}</div>
          <ul>
            {newest.map((event) => (
              <li key={`${event.source}/${event.publisher}/${event.event_id}`}>
                {IN_TIMELINE.includes(event.source) ? (
                  <Link className="num" to={eventAddress(operatorId, event)}>
                    {exactTimeText(event.occurred_at)}
                  </Link>
                ) : (
                  <span className="num">{exactTimeText(event.occurred_at)}</span>
                )}{' '}
                {word('source', event.source)} <Foreign text={event.publisher} /> <Foreign text={event.event_id} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </details>
  );
}
