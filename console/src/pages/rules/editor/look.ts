import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { nonce } from '../../../app/nonce';

/** Colours that are told from the ground by 4.5 to 1 at least, on white and on the lines of a difference. */
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: '#7a1a7a' },
  { tag: [tags.string, tags.special(tags.string)], color: '#0b5a2a' },
  { tag: [tags.number, tags.bool, tags.atom], color: '#8a3b00' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: '#4f5866', fontStyle: 'italic' },
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: '#174a8c' },
  { tag: tags.function(tags.variableName), color: '#174a8c', fontWeight: '600' },
  { tag: [tags.typeName, tags.standard(tags.name)], color: '#0a5566' },
  { tag: tags.meta, color: '#4f5866' },
]);

const frame = EditorView.theme({
  '&': { backgroundColor: '#fff', color: '#1f2329', fontSize: '13px', border: '1px solid #b9c2d0' },
  '&.cm-focused': { outline: '2px solid #174a8c' },
  '.cm-scroller': { fontFamily: 'ui-monospace, "SF Mono", Consolas, "Noto Sans Mono CJK SC", "Microsoft YaHei", monospace', lineHeight: '1.6' },
  '.cm-gutters': { backgroundColor: '#f5f8fc', color: '#4a5260', borderRight: '1px solid #d5dbe6' },
  '.cm-activeLine': { backgroundColor: '#f2f6fc' },
  '.cm-activeLineGutter': { backgroundColor: '#e6ecf5' },
  '.cm-tooltip': { border: '1px solid #b9c2d0', backgroundColor: '#fff', color: '#1f2329', maxWidth: 'min(560px, 92vw)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: '#174a8c', color: '#fff' },
  '.cm-completionDetail': { fontStyle: 'normal', opacity: '0.8' },
  '.cm-diagnostic': { padding: '4px 8px', overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' },
  '.cm-deletedChunk': { backgroundColor: '#fdecea' },
  '.cm-changedLine, .cm-inserted': { backgroundColor: '#e7f5ea' },
  '.cm-collapsedLines': { color: '#4a5260', background: '#eef1f6' },
  // Not every system has the sign that would stand here.
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"⋯"' },
  '.cm-panels': { backgroundColor: '#f5f8fc', color: '#1f2329' },
});

/** How editors and differences look; their style elements bear the page's nonce. */
export const look: Extension = [syntaxHighlighting(colours), frame, nonce === undefined ? [] : EditorView.cspNonce.of(nonce)];
