import type { Level } from '../api/records';
import { useTexts } from '../texts/language';
import './parts.css';

/** A level by colour and word, so that it can be told without colours. */
export function LevelTag({ level }: { level: Level }) {
  const { word } = useTexts();
  return <span className={`level level-${level}`}>{word('level', level)}</span>;
}

/** A short remark in a frame. */
export function Mark({ children, strong = false }: { children: string; strong?: boolean }) {
  return <span className={strong ? 'mark mark-strong' : 'mark'}>{children}</span>;
}

/** A text that somebody else wrote, in its own direction; at most two lines of it where `clamp` is set. */
export function Foreign({ text, clamp = false }: { text: string | null | undefined; clamp?: boolean }) {
  const { t } = useTexts();
  if (text === null || text === undefined || text === '') return <span className="soft">{t('app.unknown')}</span>;
  return (
    <bdi className={clamp ? 'foreign clamp' : 'foreign'} {...(clamp ? { title: text.slice(0, 500) } : {})}>
      {text}
    </bdi>
  );
}
