import { unifiedMergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { useTexts } from '../../../texts/language';
import { languageOf } from './language';
import { look } from './look';
import { phrases } from './phrases';
import './editor.css';

interface Props {
  path: string;
  before: string;
  after: string;
}

/** What changed in a file, line by line: taken away above, put in below, and what is the same folded. */
export default function Difference({ path, before, after }: Props) {
  const { t, language } = useTexts();
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (host.current === null) return;
    const view = new EditorView({
      parent: host.current,
      doc: after,
      extensions: [
        lineNumbers(),
        languageOf(path),
        look,
        EditorState.readOnly.of(true),
        EditorState.phrases.of(phrases(language)),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': t('studio.difference_of', { path }), tabindex: '0' }),
        unifiedMergeView({ original: before, mergeControls: false, gutter: true, collapseUnchanged: { margin: 3, minSize: 6 } }),
      ],
    });
    return () => view.destroy();
  }, [path, before, after, t, language]);
  return <div className="difference" ref={host} />;
}
