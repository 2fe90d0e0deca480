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
type EngineHealth = NonNullable<EngineState['health']>;

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
        <Answer state={data.state} health={data.health} deadLetters={deadLetters} />
      ) : error === null ? (
        <Loading />
      ) : (
        <Problem error={error} retry={refetch} />
      )}
    </section>
  );
}

function Answer({ state, health, deadLetters }: EngineState & { deadLetters: number }) {
  const { t } = useTexts();
  const maySeeData = useMay('data');
  const isWell = state === 'ready';
  const seconds = (count: number) => durationText(count * 1000, t);
  return (
    <>
      <Facts
        facts={[
          [t('health.engine'), <Mark key="engine" strong={!isWell}>{t(`health.${state}`)}</Mark>],
          [t('health.waiting'), health !== null && <span className="num">{health.waiting_records}</span>],
          [t('health.behind'), health !== null && <span className="num">{seconds(health.behind_seconds)}</span>],
          [t('health.sweep'), health !== null && <span className="num">{t('health.ago', { time: seconds(health.sweep_age_seconds) })}</span>],
          [t('health.refused'), maySeeData && <span className="num">{deadLetters}</span>],
        ]}
      />
      {health === null ? (
        <p className="soft">{t('health.never')}</p>
      ) : (
        <>
          {!isWell && <p className="clock-over">{t('health.stale', { time: timeText(health.asked_at) })}</p>}
          <Sources sources={health.sources} />
        </>
      )}
    </>
  );
}

function Sources({ sources }: Pick<EngineHealth, 'sources'>) {
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
          cell: ({ max_silence }) => (max_silence === null ? t('health.no_limit') : durationText(max_silence * 1000, t)),
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
