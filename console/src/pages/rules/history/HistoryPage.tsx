import { useSearchParams } from 'react-router-dom';
import { queries, type Schema } from '../../../api/client';
import { Choice } from '../../../parts/Choice';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import { timeText } from '../../../format/time';
import { FileDifferences } from '../FileDifferences';
import { StudioHead } from '../StudioHead';
import { shortVersion } from '../studio';
import { VersionTable } from './VersionTable';

/** The folder as it is now, where versions are compared. */
const FOLDER = 'folder';

/** Every version that was in force, what each changed, and the way back. */
export default function HistoryPage() {
  const { data, error, refetch } = queries.useQuery('get', '/rules/history');
  return (
    <>
      <StudioHead />
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? error === null && <Loading /> : <Versions versions={data.versions} />}
    </>
  );
}

function Versions({ versions }: { versions: Schema<'RulesVersion'>[] }) {
  const { t } = useTexts();
  const [params, setParams] = useSearchParams();
  const [from, to] = [params.get('from') ?? '', params.get('to') ?? FOLDER];
  const choose = (nextFrom: string, nextTo: string) => setParams({ from: nextFrom, to: nextTo }, { replace: true });
  const options = [
    { value: FOLDER, label: t('history.folder') },
    ...versions
      .filter(({ available }) => available)
      .map(({ ruleset, published_at }) => ({ value: ruleset, label: `${shortVersion(ruleset)} ${timeText(published_at)}` })),
  ];
  return (
    <>
      <VersionTable versions={versions} onCompare={choose} />
      {versions.length > 0 && (
        <section className="panel compare" aria-label={t('history.compare')}>
          <h2>{t('history.compare')}</h2>
          <p className="buttons">
            <Choice<string> label={t('history.from')} value={from} onChange={(next) => choose(next, to)} options={[{ value: '', label: '—' }, ...options]} />
            <Choice<string> label={t('history.to')} value={to} onChange={(next) => choose(from, next)} options={options} />
          </p>
          {from !== '' && <Comparison from={from} to={to} />}
        </section>
      )}
    </>
  );
}

function Comparison({ from, to }: { from: string; to: string }) {
  const { data, error, refetch } = queries.useQuery('get', '/rules/compare', { params: { query: { from, to } } });
  if (error !== null) return <Problem error={error} retry={refetch} />;
  return data === undefined ? <Loading /> : <FileDifferences files={data.files} />;
}
