import type { Schema } from '../../api/client';
import { Mark } from '../../parts/Tags';
import { useTexts } from '../../texts/language';

/** Rules or features by what happened to them; nothing where nothing did. */
export function NameChangeList({ title, names }: { title: string; names: Schema<'NameChanges'> | null }) {
  const { t, word } = useTexts();
  if (names === null) return null;
  const parts = (['added', 'changed', 'removed'] as const).filter((how) => names[how].length > 0);
  if (parts.length === 0) return null;
  return (
    <p className="names">
      {title}
      {t('studio.colon')}
      {parts.map((how) => (
        <span key={how}>
          <Mark>{word('moved', how)}</Mark> <bdi className="foreign num">{names[how].join('，')}</bdi>{' '}
        </span>
      ))}
    </p>
  );
}
