import { queries, type Schema } from '../../../api/client';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import { FindingText, keyOf } from '../edit/FindingList';
import { FileDifferences } from '../FileDifferences';
import { NameChangeList } from '../NameChangeList';
import type { Change } from '../studio';

/** What a change does to the folder, file by file, and what the check says of it. */
export function DifferenceSection({ change }: { change: Change }) {
  const { t } = useTexts();
  const { data, error, refetch } = queries.useQuery('get', '/rules/changes/{id}/difference', {
    params: { path: { id: change.id } },
  });
  return (
    <section className="panel" aria-label={t('difference.title')}>
      <h2>{t('difference.title')}</h2>
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? error === null && <Loading /> : <Content difference={data} />}
    </section>
  );
}

function Content({ difference: { files, rules, features, settings, check } }: { difference: Schema<'ChangeDifference'> }) {
  const { t } = useTexts();
  const errors = check.diagnostics.filter(({ severity }) => severity === 'error').length;
  return (
    <>
      <NameChangeList title={t('difference.rules')} names={rules} />
      <NameChangeList title={t('difference.features')} names={features} />
      <NameChangeList title={t('difference.settings')} names={{ added: [], changed: settings, removed: [] }} />
      {files.length > 0 && (
        <p className={errors > 0 ? 'clock-over' : 'soft'}>
          {t('check.title')}
          {t('studio.colon')}
          {check.diagnostics.length === 0 ? t('check.none') : t('check.counts', { errors, warnings: check.diagnostics.length - errors })}
        </p>
      )}
      <ul className="findings">
        {check.diagnostics.map((finding) => (
          <li key={keyOf(finding)}>
            <FindingText finding={finding} />
          </li>
        ))}
      </ul>
      <FileDifferences files={files} />
    </>
  );
}
