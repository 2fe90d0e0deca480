import type { Schema } from '../../api/client';

export type Change = Schema<'Change'>;
export type ChangeState = Schema<'ChangeState'>;
export type FileKind = Schema<'RulesFileKind'>;
/** What the check found, at its place. */
export type Diagnostic = Schema<'Diagnostic'>;
/** Something that may be written in rules, features and cases. */
export type Term = Schema<'VocabularyEntry'>;
/** A file of a change: its new text, null where the change takes it away. */
export type FileText = Schema<'FileText'>;

/** What a file is, by its place in the folder. */
export function kindOf(path: string): FileKind {
  if (path.endsWith('.rhai')) return 'rule';
  if (path.endsWith('.sql')) return 'feature';
  return path.startsWith('cases/') ? 'case' : 'settings';
}

/** Where the folder keeps the cases of a rule. */
export function casesOf(rulePath: string): string {
  return `cases/${rulePath.replace(/\.rhai$/, '.toml')}`;
}

/** The id of the rule that a file is or has cases of; null for others. */
export function ruleOf(path: string): string | null {
  const kind = kindOf(path);
  if (kind !== 'rule' && kind !== 'case') return null;
  return path.slice(path.lastIndexOf('/') + 1, path.lastIndexOf('.'));
}

/** A version as pages show it: the first characters of its hash. */
export function shortVersion(version: string): string {
  return version.slice(0, 12);
}

const OVER: ChangeState[] = ['in_force', 'refused', 'withdrawn'];

/** Whether somebody has still to do something with a change. */
export function isUnderWay(state: ChangeState): boolean {
  return !OVER.includes(state);
}
