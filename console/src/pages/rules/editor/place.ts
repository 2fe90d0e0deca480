import type { Text } from '@codemirror/state';

/** Where something stands in a file: lines and columns from 1, columns in characters; the end is the first place behind it. */
export interface Place {
  line: number | null;
  column: number | null;
  end_line: number | null;
  end_column: number | null;
}

/** The offset of a place in the text that is on the screen, which may have changed since: never outside of it. */
function offset(doc: Text, line: number, column: number): number {
  const { from, text } = doc.line(Math.min(Math.max(line, 1), doc.lines));
  // Characters beyond the basic plane are two units of the editor's and one column.
  return from + Array.from(text).slice(0, Math.max(column - 1, 0)).join('').length;
}

/** The range of a place; without a line the start of the file. */
export function rangeOf(doc: Text, { line, column, end_line, end_column }: Place): { from: number; to: number } {
  if (line === null) return { from: 0, to: 0 };
  const from = offset(doc, line, column ?? 1);
  const to = end_line === null || end_column === null ? from : offset(doc, end_line, end_column);
  return { from, to: Math.max(from, to) };
}
