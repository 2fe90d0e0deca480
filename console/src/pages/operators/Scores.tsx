import { Button } from 'antd';
import { lazy, Suspense, useMemo, useState } from 'react';
import { queries, type Schema } from '../../api/client';
import { timeText } from '../../format/time';
import { DataTable } from '../../parts/DataTable';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { LevelTag } from '../../parts/Tags';
import { useTexts } from '../../texts/language';

const Chart = lazy(() => import('../../parts/Chart'));

/** The score over time, as a chart or a table. */
export function Scores({ operatorId }: { operatorId: string }) {
  const { t } = useTexts();
  const [asTable, setAsTable] = useState(false);
  const { data, error, refetch } = queries.useQuery('get', '/operators/{operator_id}/scores', {
    params: { path: { operator_id: operatorId } },
  });
  return (
    <section className="panel" aria-label={t('operator.scores')}>
      <div className="panel-head">
        <h2>{t('operator.scores')}</h2>
        <Button size="small" onClick={() => setAsTable(!asTable)}>
          {asTable ? t('situation.as_chart') : t('situation.as_table')}
        </Button>
      </div>
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? error === null && <Loading /> : asTable ? <Table points={data.scores} /> : <Line points={data.scores} />}
    </section>
  );
}

function Table({ points }: { points: Schema<'ScorePoint'>[] }) {
  const { t } = useTexts();
  return (
    <DataTable
      caption={t('operator.scores')}
      rows={[...points].reverse()}
      rowKey={({ as_of }) => as_of}
      columns={[
        { title: t('operator.time'), cell: ({ as_of }) => timeText(as_of) },
        { title: t('operators.score'), className: 'num', cell: ({ score }) => score },
        { title: t('warnings.level'), className: 'narrow', cell: ({ level }) => <LevelTag level={level} /> },
      ]}
    />
  );
}

function Line({ points }: { points: Schema<'ScorePoint'>[] }) {
  const { t } = useTexts();
  const option = useMemo(
    () => ({
      color: ['#174a8c'],
      grid: { left: 36, right: 16, top: 16, bottom: 24 },
      tooltip: { trigger: 'axis', renderMode: 'richText' },
      xAxis: { type: 'time', axisTick: { show: false }, axisLabel: { hideOverlap: true } },
      yAxis: { type: 'value', min: 0, max: 100, splitLine: { lineStyle: { color: '#e6eaf1' } } },
      series: [{ name: t('operators.score'), type: 'line', step: 'end', symbolSize: 5, data: points.map(({ as_of, score }) => [as_of, score]) }],
    }),
    [points, t],
  );
  return (
    <Suspense fallback={<Loading />}>
      <Chart option={option} label={t('operator.scores_chart')} />
    </Suspense>
  );
}
