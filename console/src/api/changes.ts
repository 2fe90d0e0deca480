import type { QueryClient } from '@tanstack/react-query';
import { askAgain } from './askAgain';

/** What the server says has changed. */
export interface Changes {
  warnings: string[];
  operators: string[];
  answers: string[];
  areas: boolean;
  /** Further warnings and operators than those that are named. */
  others: boolean;
  /** Rules, changes of them or what is in force. */
  rules: boolean;
}

/** Queries that a change may have made old, by the first part of their path. */
function touched({ warnings, operators, answers, areas, others, rules }: Changes): Set<string> {
  const paths = new Set<string>();
  if (warnings.length > 0 || others) ['/inbox', '/warnings', '/situation', '/operators'].forEach((path) => paths.add(path));
  if (operators.length > 0) ['/operators', '/situation'].forEach((path) => paths.add(path));
  if (answers.length > 0) ['/inbox', '/answers', '/warnings'].forEach((path) => paths.add(path));
  if (areas) paths.add('/situation');
  if (rules) paths.add('/rules');
  return paths;
}

/** Whether a query shows something of what changed: lists always, one warning or operator only if it is among them. */
function concerns(queryKey: readonly unknown[], changes: Changes, paths: Set<string>): boolean {
  const [, path, init] = queryKey as [string, string, { params?: { path?: Record<string, string> } }?];
  if (!paths.has(`/${path.split('/')[1] ?? ''}`)) return false;
  // Words change with the folder only, and are many.
  if (path === '/rules/vocabulary') return false;
  const { warning_id: warning, operator_id: operator } = init?.params?.path ?? {};
  if (changes.others) return true;
  if (warning !== undefined) return changes.warnings.includes(warning) || changes.answers.length > 0;
  if (operator !== undefined) return changes.operators.includes(operator) || changes.warnings.length > 0;
  return true;
}

/** What two bursts of changes have changed together. */
export function both(one: Changes, other: Changes): Changes {
  return {
    warnings: [...one.warnings, ...other.warnings],
    operators: [...one.operators, ...other.operators],
    answers: [...one.answers, ...other.answers],
    areas: one.areas || other.areas,
    others: one.others || other.others,
    rules: one.rules || other.rules,
  };
}

/** Asks again for what changes may have made old. */
export function follow(queryClient: QueryClient, changes: Changes) {
  const paths = touched(changes);
  askAgain(queryClient, ({ queryKey }) => concerns(queryKey, changes, paths));
}
