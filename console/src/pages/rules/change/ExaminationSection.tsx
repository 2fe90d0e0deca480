import { Alert, Button } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, queries, type Schema } from '../../../api/client';
import { timeText } from '../../../format/time';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { Foreign } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import { FindingText, keyOf } from '../edit/FindingList';
import type { Change } from '../studio';
import { CaseList } from './CaseList';
import { CostTable } from './CostTable';
import { ProjectionView } from './ProjectionView';

type Examination = Schema<'Examination'>;
type Report = Schema<'ExaminationReport'>;

/** So often an examination under way is asked for, in milliseconds. */
const WAITING = 1000;

/** What the check and all cases gave, and what the change would do to the levels of now, before anybody decides. */
export function ExaminationSection({ change }: { change: Change }) {
  const { t } = useTexts();
  const path = { params: { path: { id: change.id } } };
  const { data, error, refetch } = queries.useQuery('get', '/rules/changes/{id}/examination', path, {
    refetchInterval: ({ state }) => (state.data?.state === 'waiting' ? WAITING : false),
  });
  useChangeAnew(data?.state);
  if (data?.state === 'none') return null;
  return (
    <section className="panel" aria-label={t('examination.title')}>
      <h2>{t('examination.title')}</h2>
      <p className="soft">{t('examination.note')}</p>
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? error === null && <Loading /> : <State examination={data} isOutdated={change.outdated} />}
      {data?.state === 'passed' && change.state === 'proposed' && <Again id={change.id} isNeeded={data.report?.projection === null} />}
    </section>
  );
}

/** When the examination ends, what may be done with the change is another thing. */
function useChangeAnew(state: Examination['state'] | undefined) {
  const queryClient = useQueryClient();
  const [known, setKnown] = useState(state);
  useEffect(() => {
    if (known === 'waiting' && state !== 'waiting') {
      void queryClient.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/rules/changes') });
    }
    setKnown(state);
  }, [known, state, queryClient]);
}

function State({ examination: { state, stale, at, report }, isOutdated }: { examination: Examination; isOutdated: boolean }) {
  const { t } = useTexts();
  if (state === 'waiting') return <p role="status">{t(isOutdated ? 'examination.outdated' : 'examination.waiting')}</p>;
  return (
    <div aria-live="polite">
      {stale && <Alert type="warning" showIcon message={t('examination.stale')} />}
      <p className="soft small">{t('examination.made', { time: timeText(at) })}</p>
      {report !== null && (state === 'passed' ? <Passed report={report} /> : <Failed report={report} />)}
    </div>
  );
}

function Failed({ report: { cases, failed, failing, diagnostics } }: { report: Report }) {
  const { t } = useTexts();
  return (
    <>
      <Alert type="error" showIcon message={t('examination.returned')} />
      {failed > 0 && cases > 0 && <p className="clock-over">{t('cases.failed', { count: cases, failed })}</p>}
      {diagnostics.length > 0 && (
        <ul className="findings">
          {diagnostics.map((finding) => (
            <li key={keyOf(finding)}>
              <FindingText finding={finding} />
            </li>
          ))}
        </ul>
      )}
      {failing.length > 0 && <CaseList cases={failing} />}
    </>
  );
}

function Passed({ report: { cases, cost, projection, no_projection } }: { report: Report }) {
  const { t, of } = useTexts();
  return (
    <>
      <p role="status">{t('examination.passed', { count: cases })}</p>
      {projection !== null ? (
        <ProjectionView projection={projection} />
      ) : (
        <Alert
          type="warning"
          showIcon
          message={t('projection.none')}
          description={no_projection === null ? null : <Foreign text={of(no_projection)} />}
        />
      )}
      {cost !== null && <CostTable cost={cost} />}
    </>
  );
}

/** Has it made again: the levels of now are others tomorrow, and the engine may have been away. */
function Again({ id, isNeeded }: { id: string; isNeeded: boolean }) {
  const { t } = useTexts();
  const queryClient = useQueryClient();
  const [trouble, setTrouble] = useState<unknown>(null);
  async function ask() {
    setTrouble(null);
    const path = { params: { path: { id } } };
    try {
      const { data, error } = await api.POST('/rules/changes/{id}/examination', path);
      if (data === undefined) setTrouble(error);
      else queryClient.setQueryData(['get', '/rules/changes/{id}/examination', path], data);
    } catch (thrown) {
      setTrouble(thrown);
    }
  }
  return (
    <>
      {trouble !== null && <Problem error={trouble} />}
      <p className="buttons">
        <Button type={isNeeded ? 'primary' : 'default'} onClick={() => void ask()}>
          {t('examination.again')}
        </Button>
      </p>
    </>
  );
}
