import { StreamLanguage, type StringStream } from '@codemirror/language';

const KEYWORDS = new Set(
  'fn let const if else switch for in while loop do until break continue return throw try catch this private'.split(' '),
);
const ATOMS = new Set(['true', 'false']);
const WORD = /[\p{L}_][\p{L}\p{N}_]*/u;

interface State {
  /** For each template string that is open: how many braces are open within its `${`; below zero in its text. */
  templates: number[];
  /** How deep block comments are nested. */
  comment: number;
  /** Whether the line is metadata: TOML behind `//!`. */
  metadata: boolean;
}

/** Rhai as far as colours need it, with the TOML of the metadata block. */
export const rhai = StreamLanguage.define<State>({
  name: 'rhai',
  startState: () => ({ templates: [], comment: 0, metadata: false }),
  copyState: ({ templates, ...rest }) => ({ ...rest, templates: [...templates] }),
  token(stream, state) {
    if (state.comment > 0) return blockComment(stream, state);
    if ((state.templates.at(-1) ?? 0) < 0) return templateText(stream, state);
    if (stream.sol()) {
      state.metadata = stream.match(/\s*\/\/!/) !== null;
      if (state.metadata) return 'meta';
    }
    if (stream.eatSpace()) return null;
    return state.metadata ? metadata(stream) : code(stream, state);
  },
  languageData: { commentTokens: { line: '//' }, closeBrackets: { brackets: ['(', '[', '{', '"', '`'] } },
});

function metadata(stream: StringStream): string | null {
  if (stream.match(/"(?:[^"\\]|\\.)*"?/) || stream.match(/'[^']*'?/)) return 'string';
  if (stream.match(/\d[\d:.TZ+_-]*/)) return 'number';
  if (stream.match(/(?:true|false)\b/)) return 'atom';
  if (stream.match(/[\w-]+(?=\s*=)/)) return 'propertyName';
  if (stream.match('#')) {
    stream.skipToEnd();
    return 'comment';
  }
  stream.next();
  return null;
}

function code(stream: StringStream, state: State): string | null {
  if (stream.match('//')) {
    stream.skipToEnd();
    return 'comment';
  }
  if (stream.match('/*')) {
    state.comment = 1;
    return blockComment(stream, state);
  }
  if (stream.match('`')) {
    state.templates.push(-1);
    return 'string';
  }
  if (stream.match(/"(?:[^"\\]|\\.)*"?/) || stream.match(/'(?:[^'\\]|\\.)*'?/)) return 'string';
  if (stream.match(/0[xob][\da-fA-F_]+/) || stream.match(/\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?/)) return 'number';
  if (stream.match(/\.\s*/)) return stream.match(WORD) === null ? null : 'propertyName';
  if (stream.match(WORD)) return name(stream.current(), stream);
  const next = stream.next();
  const open = state.templates.length - 1;
  const depth = state.templates[open];
  if (depth !== undefined && next === '{') state.templates[open] = depth + 1;
  // The brace that closes `${`: the text of the string goes on.
  if (depth !== undefined && next === '}') state.templates[open] = depth - 1;
  return /[-+*/%=<>!&|^?]/.test(next ?? '') ? 'operator' : null;
}

function name(word: string, stream: StringStream): string {
  if (KEYWORDS.has(word)) return 'keyword';
  if (ATOMS.has(word)) return 'atom';
  return stream.match(/\s*\(/, false) ? 'variableName.function' : 'variableName';
}

function templateText(stream: StringStream, state: State): string {
  while (!stream.eol()) {
    if (stream.match('${', false) !== null && stream.pos > stream.start) return 'string';
    if (stream.match('${')) {
      state.templates[state.templates.length - 1] = 0;
      return 'operator';
    }
    if (stream.next() === '`') {
      state.templates.pop();
      return 'string';
    }
  }
  return 'string';
}

function blockComment(stream: StringStream, state: State): string {
  while (state.comment > 0 && !stream.eol()) {
    if (stream.match('*/')) state.comment -= 1;
    else if (stream.match('/*')) state.comment += 1;
    else stream.next();
  }
  return 'comment';
}
