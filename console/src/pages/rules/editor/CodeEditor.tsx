import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { useTexts, type Texts } from '../../../texts/language';
import { kindOf, type Diagnostic, type Term } from '../studio';
import { completionOf } from './completion';
import { hoverOf } from './description';
import { languageOf } from './language';
import { look } from './look';
import { phrases } from './phrases';
import { rangeOf } from './place';
import './editor.css';

interface Props {
  /** What is edited, for who hears it; its ending says the language. */
  path: string;
  /** The text to begin with: an editor with another `key` begins with another. */
  text: string;
  terms: Term[];
  findings: Diagnostic[];
  onChange?: (text: string) => void;
  /** A finding to go to: another object goes there again. */
  target?: Diagnostic | undefined;
}

/** What every editor has, whatever it edits. */
const basics: Extension = [
  lineNumbers(),
  history(),
  drawSelection(),
  indentUnit.of('  '),
  bracketMatching(),
  closeBrackets(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSelectionMatches(),
  search({ top: true }),
  lintGutter(),
  EditorView.lineWrapping,
  look,
  keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
];

/** What depends on the language of the page and on the vocabulary, which may come later than the text. */
function help(path: string, terms: Term[], { t, language }: Texts): Extension {
  const source = completionOf(kindOf(path), terms, language);
  return [
    EditorState.phrases.of(phrases(language)),
    EditorView.contentAttributes.of({ 'aria-label': t('studio.editor_of', { path }), tabindex: '0', spellcheck: 'false' }),
    EditorState.languageData.of(() => [{ autocomplete: source }]),
    hoverOf(terms, language),
  ];
}

/** Edits one file with the engine's findings at their places. Without `onChange` it only shows. */
export default function CodeEditor({ path, text, terms, findings, onChange, target }: Props) {
  const texts = useTexts();
  const { of, t } = texts;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const helped = useRef(new Compartment());
  const changed = useRef(onChange);
  useEffect(() => {
    changed.current = onChange;
  });

  useEffect(() => {
    if (host.current === null) return;
    const readOnly = changed.current === undefined;
    const made = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          basics,
          languageOf(path),
          helped.current.of([]),
          readOnly ? EditorState.readOnly.of(true) : autocompletion(),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
    // The text is what it begins with; what is typed goes out by `onChange`.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [path]);

  useEffect(() => {
    view.current?.dispatch({ effects: helped.current.reconfigure(help(path, terms, texts)) });
  }, [path, terms, texts]);

  useEffect(() => {
    const { current } = view;
    if (current === null) return;
    const marks = findings.map((finding) => ({
      ...rangeOf(current.state.doc, finding),
      severity: finding.severity,
      source: finding.code,
      message: finding.hint === null ? of(finding.message) : `${of(finding.message)}\n${t('studio.hint', { hint: of(finding.hint) })}`,
    }));
    current.dispatch(setDiagnostics(current.state, marks.sort((a, b) => a.from - b.from)));
  }, [path, findings, of, t]);

  useEffect(() => {
    const { current } = view;
    if (current === null || target === undefined) return;
    const { from, to } = rangeOf(current.state.doc, target);
    current.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
    current.focus();
  }, [target]);

  return <div className="editor" ref={host} />;
}
