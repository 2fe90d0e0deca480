import { Alert } from 'antd';
import type { Schema } from '../../../api/client';
import { timeText } from '../../../format/time';
import { Foreign } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import { shortVersion } from '../studio';

/** Which version the folder is, which is in force, and what stands between the two. */
export function FolderState({ catalogue: { ruleset, in_force, engine, diagnostics } }: { catalogue: Schema<'Catalogue'> }) {
  const { t, of } = useTexts();
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const refusal = in_force?.refusal ?? null;
  return (
    <div className="folder-state">
      <p className="soft">
        {t('catalogue.folder')} <code>{ruleset === null ? '—' : shortVersion(ruleset)}</code>
        {'　'}
        {t('catalogue.in_force')} <code>{in_force === null ? '—' : shortVersion(in_force.ruleset)}</code>
        {in_force !== null && ` ${timeText(in_force.published_at)}`}
        {in_force?.folder_differs === false && `（${t('catalogue.same')}）`}
      </p>
      {engine !== null && <Alert type="info" showIcon message={of(engine)} />}
      {errors > 0 && <Alert type="error" showIcon message={t('catalogue.problems', { count: errors })} />}
      {in_force?.folder_differs === true && (
        <Alert type="warning" showIcon message={t('catalogue.differs')} description={t('catalogue.differs_note')} />
      )}
      {refusal !== null && (
        <Alert
          type="error"
          showIcon
          message={<Foreign text={of(refusal.reason)} />}
          description={<pre className="report">{of(refusal.report)}</pre>}
        />
      )}
    </div>
  );
}
