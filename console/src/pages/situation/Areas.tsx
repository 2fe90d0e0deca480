import { lazy, Suspense } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import type { Schema } from '../../api/client';
import { areaLink, areaTitle } from '../../format/area';
import { Figure } from '../../parts/Figure';
import { Loading } from '../../parts/Loading';
import { LevelTag } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import { LEVELS } from './Breakdown';

const AreaMap = lazy(() => import('./AreaMap'));

type AreaSituation = Schema<'AreaSituation'>;
type Kind = AreaSituation['kind'];

const KINDS: Kind[] = ['district', 'sub_district', 'community', 'grid'];

/** Whether `inner` lies in `outer`. */
function within(inner: Schema<'Area'>, outer: Schema<'Area'>): boolean {
  return (['sub_district', 'community', 'grid'] as const).every((part) => outer[part] === null || outer[part] === inner[part]);
}

/** The map if the office has supplied one, and tiles of the areas one step inside the one that was chosen, the most pressing first. */
export function Areas({ areas, hasMap }: { areas: AreaSituation[]; hasMap: boolean }) {
  const { t } = useTexts();
  const [params] = useSearchParams();
  const chosen: Schema<'Area'> = {
    sub_district: params.get('sub_district'),
    community: params.get('community'),
    grid: null,
  };
  const kind: Kind = chosen.community !== null ? 'grid' : chosen.sub_district !== null ? 'community' : 'sub_district';
  const inside = areas.filter((area) => area.kind === kind && within(area.area, chosen)).sort(byPressure);
  const tiles = inside.length > 0 ? inside : areas.filter(({ kind }) => kind === areas[0]?.kind);
  return (
    <section className="panel situation-areas" aria-label={t('situation.areas')}>
      <h2>{t('situation.areas')}</h2>
      {hasMap && chosen.sub_district === null && (
        <Suspense fallback={<Loading />}>
          <AreaMap areas={areas} />
        </Suspense>
      )}
      <Trail chosen={chosen} />
      <ul className="tiles">
        {tiles.map((area) => (
          <Tile key={JSON.stringify(area.area)} area={area} deeper={hasInside(areas, area)} />
        ))}
      </ul>
    </section>
  );
}

function hasInside(areas: AreaSituation[], { kind, area }: AreaSituation): boolean {
  const next = KINDS[KINDS.indexOf(kind) + 1];
  return kind !== 'district' && areas.some((other) => other.kind === next && within(other.area, area));
}

function pressure({ warnings }: AreaSituation): number[] {
  return LEVELS.map((level) => warnings[level].open.value);
}

function byPressure(left: AreaSituation, right: AreaSituation): number {
  const [mine, theirs] = [pressure(left), pressure(right)];
  for (const [index, value] of mine.entries()) {
    const difference = (theirs[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Where the tiles are: each part leads back to the areas around. */
function Trail({ chosen }: { chosen: Schema<'Area'> }) {
  const { t } = useTexts();
  if (chosen.sub_district === null) return null;
  return (
    <p className="trail">
      <Link to="/situation">{t('app.all')}</Link>
      {' / '}
      {chosen.community === null ? (
        <bdi>{chosen.sub_district}</bdi>
      ) : (
        <>
          <Link to={areaLink({ ...chosen, community: null })}>
            <bdi>{chosen.sub_district}</bdi>
          </Link>
          {' / '}
          <bdi>{chosen.community}</bdi>
        </>
      )}
    </p>
  );
}

/** The list of an area's overdue warnings of any level. */
function overdueQuery(area: Schema<'Area'>): string {
  const params = new URLSearchParams({ open: 'true', overdue: 'true' });
  for (const part of ['sub_district', 'community', 'grid'] as const) {
    const name = area[part];
    if (name !== null) params.set(part, name);
  }
  return params.toString();
}

function Tile({ area, deeper }: { area: AreaSituation; deeper: boolean }) {
  const { t, word, of } = useTexts();
  const title = areaTitle(area, t);
  const worst = LEVELS.find((level) => area.warnings[level].open.value > 0) ?? 'none';
  const overdue = LEVELS.reduce((total, level) => total + area.warnings[level].overdue.value, 0);
  return (
    <li className={`tile tile-${worst}`}>
      <h3 className="foreign">{deeper ? <Link to={areaLink(area.area)}>{title}</Link> : title}</h3>
      <div className="tile-levels">
        {LEVELS.map((level) => (
          <span key={level}>
            <LevelTag level={level} />
            <Figure figure={area.warnings[level].open} label={`${title} ${word('level', level)}`} />
          </span>
        ))}
      </div>
      <div className="tile-foot">
        <Link className={overdue > 0 ? 'clock-over' : 'soft'} to={`/warnings?${overdueQuery(area.area)}`}>
          {t('situation.overdue_count', { count: overdue })}
        </Link>
        <Link className="soft" to={`/operators?${area.operators.query}`}>
          {t('situation.operators_count', { count: area.operators.value })}
        </Link>
      </div>
      {area.visits.map((visit) => (
        <div key={visit.id} className="soft tile-visits num">
          {t('situation.visits', { title: of(visit.title) })} {visit.visited} / {visit.of}
        </div>
      ))}
    </li>
  );
}
