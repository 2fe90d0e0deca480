import { Button, Segmented } from 'antd';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { Link, useNavigate } from 'react-router-dom';
import type { Schema } from '../../api/client';
import { serverNow } from '../../api/client';
import { DataTable } from '../../parts/DataTable';
import { Loading } from '../../parts/Loading';
import { useTexts } from '../../texts/language';
import { fillDays } from './days';

const Chart = lazy(() => import('../../parts/Chart'));

/** Warnings opened and ended by day; a click on a day opens its list. */
export function Trend({ days }: { days: Schema<'Situation'>['trend'] }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [span, setSpan] = useState(30);
  const [asTable, setAsTable] = useState(false);
  const shown = useMemo(() => fillDays(days, span, serverNow()), [days, span]);
  const open = useCallback(
    (index: number) => {
      const query = shown[index]?.query;
      if (query !== undefined && query !== '') navigate(`/warnings?${query}`);
    },
    [shown, navigate],
  );
  const option = useMemo(
    () => ({
      aria: { enabled: false },
      color: ['#b3121d', '#5b7fae'],
      grid: { left: 36, right: 12, top: 30, bottom: 24 },
      legend: { top: 0, right: 0, icon: 'rect', itemWidth: 12, itemHeight: 8 },
      tooltip: { trigger: 'axis', renderMode: 'richText' },
      xAxis: { type: 'category', data: shown.map(({ day }) => day.slice(5)), axisTick: { show: false } },
      yAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: '#e6eaf1' } } },
      series: [
        { name: t('situation.opened'), type: 'bar', barMaxWidth: 14, data: shown.map(({ opened }) => opened) },
        { name: t('situation.ended'), type: 'line', showSymbol: false, data: shown.map(({ ended }) => ended) },
      ],
    }),
    [shown, t],
  );
  return (
    <section className="panel situation-trend" aria-label={t('situation.trend')}>
      <div className="panel-head">
        <h2>{t('situation.trend')}</h2>
        <Segmented<number>
          size="small"
          value={span}
          onChange={setSpan}
          options={[30, 365].map((count) => ({ value: count, label: t('situation.days', { count }) }))}
        />
        <Button size="small" onClick={() => setAsTable(!asTable)}>
          {asTable ? t('situation.as_chart') : t('situation.as_table')}
        </Button>
      </div>
      {asTable ? (
        <DataTable
          caption={t('situation.trend')}
          rows={shown.filter(({ opened, ended }) => opened > 0 || ended > 0).reverse()}
          rowKey={({ day }) => day}
          columns={[
            { title: t('situation.day'), cell: ({ day, query }) => (query === '' ? day : <Link to={`/warnings?${query}`}>{day}</Link>) },
            { title: t('situation.opened'), className: 'num', cell: ({ opened }) => opened },
            { title: t('situation.ended'), className: 'num', cell: ({ ended }) => ended },
          ]}
        />
      ) : (
        <Suspense fallback={<Loading />}>
          <Chart option={option} label={t('situation.chart')} onClick={open} />
        </Suspense>
      )}
    </section>
  );
}
