import type { Schema } from '../api/client';
import type { Texts } from '../texts/language';

/** An area by its names, from wide to narrow. */
export function areaText(area: Schema<'Area'>): string {
  return [area.sub_district, area.community, area.grid].filter((name) => name !== null).join(' · ');
}

/** What the last part of an area is called; all null is the district, or operators whose area the register does not have. */
export function areaTitle({ kind, area }: Pick<Schema<'AreaSituation'>, 'kind' | 'area'>, t: Texts['t']): string {
  if (kind === 'district') return t('app.district');
  return area.grid ?? area.community ?? area.sub_district ?? t('app.unnamed_area');
}

/** The page of the situation within an area. */
export function areaLink({ sub_district, community }: Pick<Schema<'Area'>, 'sub_district' | 'community'>): string {
  const params = new URLSearchParams();
  if (sub_district !== null) params.set('sub_district', sub_district);
  if (community !== null) params.set('community', community);
  return `/situation?${params.toString()}`;
}
