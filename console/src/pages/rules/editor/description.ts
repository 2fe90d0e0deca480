import { hoverTooltip, type Tooltip } from '@codemirror/view';
import type { Extension } from '@codemirror/state';
import type { Language } from '../../../texts/language';
import type { Term } from '../studio';

/** What a term is, as text only: beside a completion and under the pointer. */
export function describe(term: Term, language: Language): HTMLElement {
  const box = document.createElement('div');
  box.className = 'term';
  const head = document.createElement('code');
  head.textContent = term.signature ?? term.name;
  const words = document.createElement('div');
  words.textContent = term.description?.[language] ?? '';
  box.append(head, words);
  return box;
}

/** Says what the word under the pointer is, where the vocabulary has it. */
export function hoverOf(terms: Term[], language: Language): Extension {
  const known = new Map(terms.map((term) => [term.name, term]));
  return hoverTooltip((view, position): Tooltip | null => {
    const line = view.state.doc.lineAt(position);
    for (const match of line.text.matchAll(/[\p{L}_][\p{L}\p{N}_]*/gu)) {
      const from = line.from + match.index;
      const to = from + match[0].length;
      const term = known.get(match[0]);
      if (position < from || position > to || term === undefined) continue;
      return { pos: from, end: to, above: true, create: () => ({ dom: describe(term, language) }) };
    }
    return null;
  });
}
