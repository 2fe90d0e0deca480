import { Link } from 'react-router-dom';
import { queries, serverNow, type Schema } from '../../api/client';
import { durationText, timeText } from '../../format/time';
import { DataTable } from '../../parts/DataTable';
import { Facts } from '../../parts/Facts';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { Foreign, Mark } from '../../parts/Tags';
import { useMay } from '../../api/session';
import { useTexts } from '../../texts/language';

type EngineState = Schema<'EngineState'>;
type EngineReport = NonNullable<EngineState['report']>;

/** How often it is asked, in milliseconds: no event says that nothing comes. */
const INTERVAL = 15_000;

/** How the engine is, and whether records come: also while the engine is away, as it last said. */
export function Health({ deadLetters }: { deadLetters: number }) {
  const { t } = useTexts();
  const { data, error, refetch } = queries.useQuery('get', '/engine', {}, { refetchInterval: INTERVAL });
  return (
    <section className="panel situation-health" aria-label={t('health.title')}>
      <h2>{t('health.title')}</h2>
      {data !== undefined ? (
        <Answer state={data.state} report={data.report} deadLetters={deadLetters} />
      ) : error === null ? (
        <Loading />
      ) : (
        <Problem error={error} retry={refetch} />
      )}
    </section>
  );
}

function Answer({ state, report, deadLetters }: EngineState & { deadLetters: number }) {
  const { t } = useTexts();
  const maySeeData = useMay('data');
  const isWell = state === 'ready';
  const seconds = (count: number) => durationText(count * 1000, t);
  return (
    <>
      <Facts
        facts={[
          [t('health.engine'), <Mark key="engine" strong={!isWell}>{t(`health.${state}`)}</Mark>],
          [t('health.waiting'), report !== null && <span className="num">{report.waiting_records}</span>],
          [t('health.behind'), report !== null && <span className="num">{seconds(report.behind_seconds)}</span>],
          [t('health.sweep'), report !== null && <span className="num">{t('health.ago', { time: seconds(report.sweep_age_seconds) })}</span>],
          [t('health.refused'), maySeeData && <Link key="refused" className="num" to="/data">{deadLetters}</Link>],
        ]}
      />
      {report === null ? (
        <p className="soft">{t('health.never')}</p>
      ) : (
        <>
          {!isWell && <p className="clock-over">{t('health.stale', { time: timeText(report.as_of) })}</p>}
          <Sources sources={report.sources} />
        </>
      )}
    </>
  );
}

function Sources({ sources }: Pick<EngineReport, 'sources'>) {
  const { t, word } = useTexts();
  return (
    <DataTable
      caption={t('health.source')}
      rows={sources}
      rowKey={({ source }) => source}
      columns={[
        { title: t('health.source'), cell: ({ source }) => word('source', source) },
        {
          title: t('health.state'),
          className: 'narrow',
          cell: ({ state }) => <Mark strong={state !== 'fresh'}>{word('sourceState', state)}</Mark>,
        },
        {
          title: t('health.newest'),
          cell: ({ newest_at }) =>
            newest_at === null ? (
              '—'
            ) : (
              <span className="num">
                {timeText(newest_at)} <span className="soft">{t('health.ago', { time: durationText(serverNow() - Date.parse(newest_at), t) })}</span>
              </span>
            ),
        },
        {
          title: t('health.limit'),
          className: 'narrow',
          cell: ({ max_silence_seconds: most }) => (most === null ? t('health.no_limit') : durationText(most * 1000, t)),
        },
        { title: t('health.publishers'), cell: ({ publishers }) => <Publishers publishers={publishers} /> },
      ]}
    />
  );
}

function Publishers({ publishers }: Pick<Schema<'SourceHealth'>, 'publishers'>) {
  if (publishers.length === 0) return <>—</>;
  return (
    <details className="publishers">
      <summary>{publishers.length}</summary>
      <ul>
        {publishers.map(({ publisher, newest_at }) => (
          <li key={publisher}>
            <Foreign text={publisher} /> <span className="soft num">{timeText(newest_at)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
