import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use as register, type ECharts, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';

register([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

interface Props {
  option: EChartsCoreOption;
  label: string;
  /** Called with the place of what was clicked in its series, and its name. */
  onClick?: (index: number, name: string) => void;
}

/** A chart, drawn on a canvas: what it shows must be there as a table too. Loaded by those pages only that have one. */
export default function Chart({ option, label, onClick }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = init(element);
    chart.current = made;
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption({ animation: false, ...option }, { notMerge: true });
  }, [option]);

  useEffect(() => {
    const made = chart.current;
    if (made === null || onClick === undefined) return;
    const handler = (event: unknown) => {
      const { dataIndex, name } = event as { dataIndex: number; name: string };
      onClick(dataIndex, name);
    };
    made.on('click', handler);
    return () => {
      if (!made.isDisposed()) made.off('click', handler);
    };
  }, [onClick]);

  return <div ref={place} role="img" aria-label={label} className="chart" />;
}
