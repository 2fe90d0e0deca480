import { Button } from 'antd';
import type { Schema } from '../../../api/client';
import { Choice } from '../../../parts/Choice';
import { useTexts } from '../../../texts/language';
import { type FileKind, type FileText } from '../studio';

const KINDS: FileKind[] = ['rule', 'case', 'feature', 'settings'];

interface Props {
  /** Files of the change. */
  touched: FileText[];
  /** Files of the folder. */
  folder: Schema<'RulesFile'>[];
  open: string | null;
  onOpen: (path: string) => void;
}

/** What the change touches, and a way to every other file of the folder. */
export function FileList({ touched, folder, open, onOpen }: Props) {
  const { t } = useTexts();
  const known = new Set(folder.map(({ path }) => path));
  const note = ({ path, text }: FileText) => (text === null ? t('edit.deleted') : known.has(path) ? null : t('edit.added'));
  return (
    <nav className="file-list" aria-label={t('edit.touched')}>
      <ul>
        {touched.map((file) => (
          <li key={file.path}>
            <Button
              type="text"
              size="small"
              aria-current={file.path === open || undefined}
              className={file.path === open ? 'file file-open' : 'file'}
              onClick={() => onOpen(file.path)}
            >
              <bdi className="foreign">{file.path}</bdi>
              {note(file) !== null && <span className="soft small">{note(file)}</span>}
            </Button>
          </li>
        ))}
      </ul>
      <Choice
        label={t('edit.open_file')}
        value={open !== null && !touched.some(({ path }) => path === open) ? open : ''}
        onChange={(path) => path !== '' && onOpen(path)}
        options={[
          { value: '', label: t('edit.choose_file') },
          ...KINDS.flatMap((kind) =>
            folder.filter((file) => file.kind === kind).map(({ path }) => ({ value: path, label: path })),
          ),
        ]}
      />
    </nav>
  );
}
