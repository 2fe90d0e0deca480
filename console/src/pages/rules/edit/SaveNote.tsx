import { problemText } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import type { FilesControl } from './useFiles';

/** Whether what is on the page is at the server too. */
export function SaveNote({ control: { state, revision, error } }: { control: FilesControl }) {
  const texts = useTexts();
  const { t } = texts;
  const words = {
    saved: t('edit.saved', { revision }),
    saving: t('edit.saving'),
    unsaved: t('edit.unsaved'),
    conflict: t('edit.conflict'),
    refused: t('edit.refused', { reason: problemText(error, texts) }),
  }[state];
  return (
    <span role="status" className={state === 'saved' || state === 'saving' ? 'soft' : 'clock-over'}>
      {words}
    </span>
  );
}
