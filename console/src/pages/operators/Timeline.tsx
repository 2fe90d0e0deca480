import { Alert, Button } from 'antd';
import { useEffect, useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { queries, type Schema } from '../../api/client';
import type { paths } from '../../api/contract';
import { exactTimeText, timeText } from '../../format/time';
import { targetOf } from '../../format/event';
import { Choice } from '../../parts/Choice';
import { DataTable } from '../../parts/DataTable';
import { Loading } from '../../parts/Loading';
import { More } from '../../parts/More';
import { Problem } from '../../parts/Problem';
import { Foreign } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import { WORDS } from '../../texts/words';
import { RecordContent } from './RecordContent';

type Answer = paths['/operators/{operator_id}/timeline']['get']['responses'][200]['content']['application/json'];

/** The register is no history: its newest row is the card. */
const SOURCES = Object.keys(WORDS.source).filter((source) => source !== 'operators');

const keyOf = ({ kind, source, id, at }: Schema<'TimelineItem'>) => `${kind}/${source}/${id}/${at}`;

/** What happened to an operator, from all sources or one, the newest first; from one event on, if the address names that. */
export function Timeline({ operatorId }: { operatorId: string }) {
  const { t, word, of } = useTexts();
  const [params, setParams] = useSearchParams();
  const target = targetOf(params);
  const [source, setSource] = useState('');
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = queries.useInfiniteQuery(
    'get',
    '/operators/{operator_id}/timeline',
    { params: { path: { operator_id: operatorId }, query: { ...(source === '' ? {} : { source }), ...(target === null ? {} : { until: target.at }) } } },
    // The client would send 0 in place of undefined, and leaves null out.
    { pageParamName: 'cursor', initialPageParam: null, getNextPageParam: ({ next }: Answer) => next ?? undefined },
  );
  const found = data?.pages.flatMap(({ items }) => items).find((item) => target !== null && item.source === target.source && item.id === target.id);
  const foundKey = found === undefined ? undefined : keyOf(found);
  useEffect(() => {
    if (foundKey !== undefined) document.getElementById(`row-${foundKey}`)?.scrollIntoView({ block: 'center' });
  }, [foundKey]);
  return (
    <section className="panel" aria-label={t('operator.timeline')}>
      <div className="panel-head">
        <h2>{t('operator.timeline')}</h2>
        <Choice
          label={t('operator.timeline_source')}
          value={source}
          onChange={setSource}
          options={[{ value: '', label: t('app.all') }, ...SOURCES.map((value) => ({ value, label: word('source', value) }))]}
        />
      </div>
      {target !== null && (
        <p className="soft">
          {t(data === undefined || found !== undefined ? 'timeline.until' : 'timeline.not_found', { time: exactTimeText(target.at) })}{' '}
          <Button size="small" onClick={() => setParams({}, { replace: true })}>
            {t('timeline.newest')}
          </Button>
        </p>
      )}
      {error !== null && <Problem error={error} retry={refetch} />}
      {data?.pages.some(({ with_events }) => !with_events) === true && <Alert type="warning" showIcon message={t('timeline.away')} />}
      {data === undefined ? (
        error === null && <Loading />
      ) : (
        <DataTable
          caption={t('operator.timeline')}
          rows={data.pages.flatMap(({ items }) => items)}
          rowKey={keyOf}
          currentKey={foundKey}
          columns={[
            { title: t('operator.time'), className: 'narrow', cell: ({ at }) => timeText(at) },
            { title: t('operator.timeline_source'), className: 'narrow', cell: ({ source }) => word('source', source) },
            {
              title: t('operator.what'),
              cell: (item) =>
                item.kind === 'event' ? (
                  <RecordContent item={item} />
                ) : item.warning_id === null ? (
                  <Foreign text={of(item.text)} />
                ) : (
                  <Link to={`/warnings/${item.warning_id}`}>
                    <Foreign text={of(item.text)} />
                  </Link>
                ),
            },
          ]}
        />
      )}
      <More hasNextPage={hasNextPage} isFetchingNextPage={isFetchingNextPage} fetchNextPage={fetchNextPage} />
    </section>
  );
}
