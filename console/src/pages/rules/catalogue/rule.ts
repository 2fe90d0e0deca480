import type { Schema } from '../../../api/client';
import type { Level } from '../../../api/records';

const LEVELS: Level[] = ['blue', 'yellow', 'orange', 'red'];

/** The levels that a rule may set directly. */
export function levelsOf({ levels }: Schema<'CatalogueRule'>): Level[] {
  return LEVELS.filter((level) => levels.some((one) => one.level === level));
}
