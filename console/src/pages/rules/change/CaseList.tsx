import type { Schema } from '../../../api/client';
import { exactTimeText } from '../../../format/time';
import { LevelTag, Mark } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';

type CaseResult = Schema<'CaseResult'>;

/** How cases ended: those that failed first, and told in full. */
export function CaseList({ cases }: { cases: CaseResult[] }) {
  const { t } = useTexts();
  const failed = cases.filter(({ passed }) => !passed);
  const holding = cases.filter(({ passed }) => passed);
  if (cases.length === 0) return <p role="status">{t('cases.none')}</p>;
  const words =
    failed.length === 0 ? t('cases.all_hold', { count: cases.length }) : t('cases.failed', { count: cases.length, failed: failed.length });
  return (
    <>
      <p role="status" className={failed.length > 0 ? 'clock-over' : ''}>
        {words}
      </p>
      <ul className="cases">
        {failed.map((one) => (
          <li key={`${one.path}:${one.line}`}>
            <Mark strong>{t('cases.fails')}</Mark> <bdi className="foreign">{one.name}</bdi>
            <Failure one={one} />
          </li>
        ))}
      </ul>
      {holding.length > 0 && (
        <details>
          <summary>
            {t('cases.passed')} <span className="num">{holding.length}</span>
          </summary>
          <ul className="cases">
            {holding.map(({ path, line, name }) => (
              <li key={`${path}:${line}`}>
                <bdi className="foreign">{name}</bdi>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** The timeline of a case as it went, each entry with what was expected otherwise. */
function Failure({ one: { timeline, failures, path } }: { one: CaseResult }) {
  const { t } = useTexts();
  // The same entry fails in every way of running it: the first way tells it.
  const [first] = failures;
  const told = failures.filter(({ mode }) => mode === first?.mode);
  return (
    <ol className="case-story" aria-label={t('cases.timeline')}>
      {timeline.map(({ entry, at, line, written, score, level, steps }) => (
        <li key={entry}>
          <div className="soft small num">
            {exactTimeText(at)} <span title={path}>{t('cases.line', { line })}</span> {score !== null && t('cases.score', { score })}{' '}
            {level !== null && <LevelTag level={level} />} <Steps steps={steps} />
          </div>
          <code className="written">{written}</code>
          {told
            .filter((failure) => failure.entry === entry)
            .map((failure) => (
              <FailedEntry key={failure.mode} failure={failure} />
            ))}
        </li>
      ))}
    </ol>
  );
}

function Steps({ steps }: { steps: string[] }) {
  const { word } = useTexts();
  return steps.map((step) => <Mark key={step}>{word('step', step)}</Mark>);
}

function FailedEntry({ failure: { differences, halted, reads } }: { failure: Schema<'CaseFailure'> }) {
  const { t, word } = useTexts();
  const read = Object.entries(reads).map(([name, value]) => `${name} = ${valueText(value)}`);
  return (
    <div className="case-failure">
      {halted !== null && <p className="clock-over foreign">{halted}</p>}
      {differences.map(({ subject, of, expected, got }) => (
        <p key={`${subject}/${of ?? ''}`} className="clock-over foreign">
          {word('caseSubject', subject)} {of !== null && <code>{of}</code>}
          {t('studio.colon')}
          {t('cases.difference', { expected: valueText(expected), got: valueText(got) })}
        </p>
      ))}
      {read.length > 0 && <p className="soft small foreign">{t('cases.read', { values: read.join('，') })}</p>}
    </div>
  );
}

function valueText(value: unknown): string {
  if (value === undefined) return '—';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
