import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete';
import type { Language } from '../../../texts/language';
import type { FileKind, Term } from '../studio';
import { describe } from './description';

type TermKind = Term['kind'];

/** What the list shows beside a name, in the editor's own kinds. */
const ICONS: Record<TermKind, string> = {
  rule_function: 'function',
  sql_function: 'function',
  feature: 'property',
  column: 'property',
  table: 'class',
  metadata_key: 'keyword',
  family: 'enum',
  level: 'enum',
  rule: 'constant',
  case_key: 'keyword',
};

/** Which terms a place in a file can take, by what stands before it on its line. */
function kindsAt(kind: FileKind, before: string): TermKind[] {
  if (kind === 'rule') return kindsInRule(before);
  if (kind === 'feature') return kindsInFeature(before);
  return kind === 'case' ? kindsInCase(before) : ['family', 'level', 'rule', 'feature'];
}

function kindsInRule(before: string): TermKind[] {
  if (/^\s*\/\/!/.test(before)) {
    if (/family\s*=\s*"\w*$/.test(before)) return ['family'];
    return before.includes('=') ? [] : ['metadata_key'];
  }
  if (before.includes('//')) return [];
  if (/\bop\s*\.\s*\w*$/.test(before)) return ['feature'];
  if (/"\w*$/.test(before)) return ['level'];
  return /\.\s*\w*$/.test(before) ? [] : ['rule_function'];
}

function kindsInFeature(before: string): TermKind[] {
  if (before.includes('--')) return /--\s*@\w*$/.test(before) ? ['metadata_key'] : [];
  return /\b(?:from|join)\s+\w*$/i.test(before) ? ['table'] : ['column', 'sql_function'];
}

function kindsInCase(before: string): TermKind[] {
  if (/^\s*rule\s*=\s*"\w*$/.test(before)) return ['rule'];
  if (/level\s*=\s*"\w*$/.test(before)) return ['level'];
  if (/features\s*=\s*\{[^}]*$/.test(before)) return ['feature'];
  return ['case_key', 'column'];
}

/** Completes from the engine's own vocabulary: what it would accept at this place. */
export function completionOf(kind: FileKind, terms: Term[], language: Language): CompletionSource {
  const options = terms.map((term) => ({ kind: term.kind, option: optionOf(term, language) }));
  return (context: CompletionContext): CompletionResult | null => {
    const word = context.matchBefore(/[\p{L}_][\p{L}\p{N}_-]*/u);
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    if (word === null && !context.explicit && !before.endsWith('op.')) return null;
    const kinds = kindsAt(kind, before);
    const found = options.filter((one) => kinds.includes(one.kind)).map(({ option }) => option);
    if (found.length === 0) return null;
    return { from: word?.from ?? context.pos, options: found, validFor: /^[\p{L}\p{N}_-]*$/u };
  };
}

function optionOf(term: Term, language: Language): Completion {
  const { name, kind, of, signature, description } = term;
  const detail = of ?? (signature === name ? null : signature) ?? description?.[language];
  return { label: name, type: ICONS[kind], ...(detail == null ? {} : { detail: detail.slice(0, 48) }), info: () => describe(term, language) };
}
