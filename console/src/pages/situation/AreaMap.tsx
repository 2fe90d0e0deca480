import { MapChart } from 'echarts/charts';
import { registerMap, use as register } from 'echarts/core';
import { useCallback, useMemo } from 'react';
import { useNavigate } from 'react-router-dom';
import { queries, type Schema } from '../../api/client';
import { areaLink } from '../../format/area';
import Chart from '../../parts/Chart';
import { Loading } from '../../parts/Loading';
import { Problem } from '../../parts/Problem';
import { useTexts } from '../../texts/language';
import { LEVELS } from './Breakdown';

register([MapChart]);

type AreaSituation = Schema<'AreaSituation'>;

const NAME = 'district';
const COLOURS = { red: '#b3121d', orange: '#d06000', yellow: '#ffd53d', blue: '#1d5fb8' } as const;
const QUIET = '#e6eaf1';

/** Sub-districts on the office's map by their highest open level; a click opens one. The tiles beside it say the same in words. */
export default function AreaMap({ areas }: { areas: AreaSituation[] }) {
  const { t, word } = useTexts();
  const navigate = useNavigate();
  const { data, error, refetch } = queries.useQuery('get', '/map', {}, { staleTime: Infinity });
  const subDistricts = useMemo(() => areas.filter(({ kind, area }) => kind === 'sub_district' && area.sub_district !== null), [areas]);
  const known = useMemo(() => {
    if (data === undefined) return false;
    registerMap(NAME, data as unknown as Parameters<typeof registerMap>[1]);
    return true;
  }, [data]);
  const option = useMemo(
    () => ({
      tooltip: {
        renderMode: 'richText',
        formatter: ({ name }: { name: string }) => summary(subDistricts.find(({ area }) => area.sub_district === name), name, word),
      },
      series: [
        {
          type: 'map',
          map: NAME,
          selectedMode: false,
          label: { show: true, fontSize: 12 },
          itemStyle: { areaColor: QUIET, borderColor: '#7d8aa0' },
          emphasis: { label: { show: true }, itemStyle: { areaColor: '#c7d6ea' } },
          data: subDistricts.map((area) => ({
            name: area.area.sub_district,
            itemStyle: { areaColor: colour(area) },
            label: { color: isDark(area) ? '#ffffff' : '#1f2937' },
          })),
        },
      ],
    }),
    [subDistricts, word],
  );
  const open = useCallback(
    (_index: number, name: string) => {
      const found = subDistricts.find(({ area }) => area.sub_district === name);
      if (found !== undefined) navigate(areaLink(found.area));
    },
    [subDistricts, navigate],
  );
  if (error !== null) return <Problem error={error} retry={refetch} />;
  return known ? (
    <div className="area-map">
      <Chart option={option} label={t('situation.map')} onClick={open} />
    </div>
  ) : (
    <Loading />
  );
}

function worst({ warnings }: AreaSituation): (typeof LEVELS)[number] | undefined {
  return LEVELS.find((level) => warnings[level].open.value > 0);
}

function colour(area: AreaSituation): string {
  const level = worst(area);
  return level === undefined ? QUIET : COLOURS[level];
}

function isDark(area: AreaSituation): boolean {
  const level = worst(area);
  return level !== undefined && level !== 'yellow';
}

function summary(area: AreaSituation | undefined, name: string, word: (kind: 'level', value: string) => string): string {
  if (area === undefined) return name;
  const counts = LEVELS.map((level) => `${word('level', level)} ${String(area.warnings[level].open.value)}`);
  return [name, ...counts].join('\n');
}
