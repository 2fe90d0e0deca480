import { Button } from 'antd';
import { queries, serverNow, type Schema } from '../../api/client';
import { durationText, timeText } from '../../format/time';
import { DataTable } from '../../parts/DataTable';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { Foreign, Mark } from '../../parts/Tags';
import { useTexts } from '../../texts/language';

type Source = Schema<'SourceTraffic'>;
type Publisher = Source['publishers'][number];

/** A source, or one of its publishers. */
interface Row {
  source: Source;
  publisher: Publisher | null;
}

/** How often it is asked, in milliseconds: no event says that nothing comes. */
const INTERVAL = 15_000;

interface Props {
  choose: (filters: Record<string, string>) => void;
}

/** What comes from each source and publisher, and how much of it is refused; what is refused opens its list. */
export function Traffic({ choose }: Props) {
  const { t } = useTexts();
  const { data, error, refetch } = queries.useQuery('get', '/data/sources', {}, { refetchInterval: INTERVAL });
  return (
    <section className="panel" aria-label={t('traffic.title')}>
      <h2>{t('traffic.title')}</h2>
      {data !== undefined ? <Answer traffic={data} choose={choose} /> : error === null ? <Loading /> : <Problem error={error} retry={refetch} />}
    </section>
  );
}

function Answer({ traffic, choose }: Props & { traffic: Schema<'Traffic'> }) {
  const { t, word } = useTexts();
  const { as_of: asOf, counted_since: counted, since, sources, engine } = traffic;
  if (asOf === null) return <p className="clock-over">{t('health.never')}</p>;
  const rows = sources.flatMap((source): Row[] => [{ source, publisher: null }, ...source.publishers.map((publisher) => ({ source, publisher }))]);
  return (
    <>
      <p className={engine === 'ready' ? 'soft' : 'clock-over'}>
        {t('traffic.note', { as_of: timeText(asOf), since: timeText(since) })}
        {counted === null && ` ${t('traffic.not_counted')}`}
      </p>
      <DataTable
        caption={t('traffic.title')}
        rows={rows}
        rowKey={({ source, publisher }) => `${source.source}/${publisher === null ? '' : (publisher.publisher ?? '?')}`}
        rowClass={({ publisher }) => (publisher === null ? 'traffic-source' : 'traffic-publisher')}
        columns={[
          {
            title: t('traffic.who'),
            cell: ({ source, publisher }) => (publisher === null ? word('source', source.source) : <Foreign text={publisher.publisher ?? t('traffic.nobody')} clamp />),
          },
          {
            title: t('health.state'),
            className: 'narrow',
            cell: ({ source, publisher }) => publisher === null && <Mark strong={source.state !== 'fresh'}>{word('sourceState', source.state)}</Mark>,
          },
          { title: t('traffic.newest'), cell: (row) => <Newest {...row} /> },
          { title: t('traffic.hour'), className: 'num narrow', cell: (row) => accepted(row).last_hour },
          { title: t('traffic.rate'), className: 'num narrow', cell: (row) => t('traffic.a_minute', { count: (accepted(row).last_hour / 60).toFixed(1) }) },
          { title: t('traffic.day'), className: 'num narrow', cell: (row) => accepted(row).last_day },
          { title: t('traffic.lag'), className: 'narrow', cell: ({ source, publisher }) => publisher === null && <Lag source={source} /> },
          {
            title: t('traffic.refused'),
            className: 'num narrow',
            cell: (row) => <Refused {...row} since={since} choose={choose} />,
          },
        ]}
      />
    </>
  );
}

const accepted = ({ source, publisher }: Row) => (publisher ?? source).accepted;

/** When the newest record came, and for how long none may come. */
function Newest({ source, publisher }: Row) {
  const { t } = useTexts();
  const { newest_at: newest } = publisher ?? source;
  const most = source.max_silence_seconds;
  if (newest === null) return <>—</>;
  const ago = serverNow() - Date.parse(newest);
  return (
    <span className={most !== null && ago > most * 1000 ? 'num clock-over' : 'num'}>
      {t('health.ago', { time: durationText(ago, t) })}{' '}
      {publisher === null && most !== null && <span className="soft">{t('traffic.limit', { time: durationText(most * 1000, t) })}</span>}
    </span>
  );
}

function Lag({ source }: { source: Source }) {
  const { t } = useTexts();
  const { waiting_records: records, behind_seconds: seconds } = source;
  return <span className="num">{records === 0 ? t('traffic.no_lag') : t('traffic.behind', { records, time: durationText(seconds * 1000, t) })}</span>;
}

/** The share that was refused: the number opens the list. */
function Refused({ source, publisher, since, choose }: Row & Pick<Schema<'Traffic'>, 'since'> & Props) {
  const { t } = useTexts();
  const { refused } = publisher ?? source;
  const all = refused + accepted({ source, publisher }).last_day;
  if (refused === 0) return <>{all === 0 ? '—' : '0%'}</>;
  const share = ((100 * refused) / all).toFixed(1);
  const name = publisher?.publisher;
  // Of those whose publisher cannot be read there is no list of their own.
  if (name === null) return <>{t('traffic.share', { share, count: refused })}</>;
  const filters = { topic: source.topic, ...(name === undefined ? {} : { publisher: name }), ...(since === null ? {} : { since }) };
  return (
    <Button size="small" type="link" onClick={() => choose(filters)}>
      {t('traffic.share', { share, count: refused })}
    </Button>
  );
}
