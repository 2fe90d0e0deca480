import type { Schema } from '../../../api/client';
import type { Level } from '../../../api/records';

const LEVELS: Level[] = ['blue', 'yellow', 'orange', 'red'];

/** The levels that a rule may set directly. */
export function levelsOf({ levels }: Schema<'CatalogueRule'>): Level[] {
  return LEVELS.filter((level) => levels.some((one) => one.level === level));
}

/** What a rule's `points` says, as it is written: a number, or on what it depends. */
export function pointsOf(code: string): string | null {
  const body = /\bfn\s+points\s*\([^)]*\)\s*\{([\s\S]*?)\}\s*(?=\n\s*(?:\/\/|(?:private\s+)?fn\b)|\s*$)/.exec(code)?.[1];
  return body?.trim().replace(/\s+/g, ' ') ?? null;
}
