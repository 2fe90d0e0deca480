import { Link, useParams } from 'react-router-dom';
import { queries, type Schema } from '../../api/client';
import type { Explanation, ScoreRecord } from '../../api/records';
import { areaText } from '../../format/area';
import { timeText } from '../../format/time';
import { Facts } from '../../parts/Facts';
import { Findings } from '../../parts/Findings';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { Foreign, LevelTag, Mark } from '../../parts/Tags';
import { WarningTable } from '../../parts/WarningTable';
import { useTexts } from '../../texts/language';
import { Rules } from './Rules';
import { Scores } from './Scores';
import { Timeline } from './Timeline';
import { useExplanation } from './useExplanation';
import './operators.css';

/** One operator: who it is, how it stands and came to it, what happened. */
export default function OperatorPage() {
  const { t } = useTexts();
  const { operatorId = '' } = useParams();
  const { data, error, refetch } = queries.useQuery('get', '/operators/{operator_id}', {
    params: { path: { operator_id: operatorId } },
  });
  const asked = useExplanation(operatorId);
  if (data === undefined) return error === null ? <Loading /> : <Problem error={error} retry={refetch} />;
  const score = data.score as unknown as ScoreRecord;
  return (
    <div className="operator" key={operatorId}>
      <Card summary={data.summary} score={score} />
      <div className="operator-two">
        <Findings record={withEvidence(score, asked.explanation)} operatorId={operatorId} titles={asked.explanation?.titles ?? {}} />
        <Scores operatorId={operatorId} />
      </div>
      <Rules operatorId={operatorId} {...asked} />
      <section className="panel" aria-label={t('operator.warnings')}>
        <h2>{t('operator.warnings')}</h2>
        <WarningTable caption={t('operator.warnings')} warnings={data.warnings} withOperator={false} />
      </section>
      <Timeline operatorId={operatorId} />
    </div>
  );
}

/** The score's findings with the events behind them: the scores topic has none, the engine has. */
function withEvidence(score: ScoreRecord, explanation: Explanation | null): ScoreRecord {
  if (explanation === null) return score;
  const evidence = new Map(explanation.rules.map((rule) => [rule.rule, rule.evidence]));
  return { ...score, findings: score.findings.map((finding) => ({ ...finding, evidence: evidence.get(finding.rule) ?? {} })) };
}

function Card({ summary, score }: { summary: Schema<'OperatorSummary'>; score: ScoreRecord }) {
  const { t, word } = useTexts();
  const { operator_id, name, level, registered, business_form, protected_group, area, address, to_next, as_of, warning_id } = summary;
  return (
    <section className="panel" aria-label={t('operator.card')}>
      <h1 className="operator-name">
        <LevelTag level={level} /> <Foreign text={name ?? operator_id} clamp />
        {!registered && <Mark>{t('operators.unregistered')}</Mark>}
        {warning_id !== null && <Link to={`/warnings/${warning_id}`}>{t('operator.open_warning')}</Link>}
      </h1>
      <Facts
        facts={[
          [t('operators.licence'), <Foreign key="licence" text={operator_id} />],
          [t('operators.form'), business_form !== null && word('businessForm', business_form)],
          [t('operators.group'), protected_group !== null && word('protectedGroup', protected_group)],
          [t('warnings.area'), <Foreign key="area" text={areaText(area)} />],
          [t('operators.address'), <Foreign key="address" text={address} />],
          [
            t('operators.score'),
            <span key="score" className="num">
              <strong>{summary.score}</strong> <span className="soft">{to_next !== null && t('operator.to_next', { count: to_next })}</span>
            </span>,
          ],
          [t('stream.as_of', { time: '' }).trim(), <span key="as_of" className="num">{timeText(as_of)}</span>],
        ]}
      />
      <h2 className="operator-coverage-title">{t('operator.coverage')}</h2>
      <ul className="coverage">
        {Object.entries(score.coverage).map(([source, state]) => (
          <li key={source} className={state === 'fresh' ? '' : 'coverage-bad'}>
            {word('source', source)} <Mark strong={state !== 'fresh'}>{word('coverage', state)}</Mark>
          </li>
        ))}
      </ul>
    </section>
  );
}
