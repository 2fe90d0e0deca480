import { Input } from 'antd';
import { useTexts } from '../../../texts/language';
import type { FilesControl } from './useFiles';

/** What the change is called and why it is made, to be put otherwise as long as it is a draft. */
export function Description({ control: { title, reason, describe } }: { control: FilesControl }) {
  const { t } = useTexts();
  return (
    <details className="description">
      <summary>
        <h2 className="foreign">{title}</h2>
      </summary>
      <div className="form panel">
        <label htmlFor="draft-title">{t('changes.title_field')}</label>
        <Input id="draft-title" maxLength={100} value={title} onChange={(event) => describe({ title: event.target.value })} />
        <label htmlFor="draft-reason">{t('changes.reason')}</label>
        <Input.TextArea
          id="draft-reason"
          rows={3}
          maxLength={2000}
          value={reason}
          onChange={(event) => describe({ reason: event.target.value })}
        />
      </div>
    </details>
  );
}
