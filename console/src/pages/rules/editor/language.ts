import { StreamLanguage } from '@codemirror/language';
import { toml } from '@codemirror/legacy-modes/mode/toml';
import { PostgreSQL, sql } from '@codemirror/lang-sql';
import type { Extension } from '@codemirror/state';
import { rhai } from './rhai';

/** The language of a file by the end of its name. */
export function languageOf(path: string): Extension {
  switch (path.slice(path.lastIndexOf('.') + 1)) {
    case 'rhai':
      return rhai;
    case 'sql':
      return sql({ dialect: PostgreSQL, upperCaseKeywords: true });
    case 'toml':
      return StreamLanguage.define(toml);
    default:
      return [];
  }
}
