import { Alert, Button } from 'antd';
import { lazy, Suspense } from 'react';
import { queries } from '../../../api/client';
import { Loading } from '../../../parts/Loading';
import { useTexts } from '../../../texts/language';
import type { Change } from '../studio';
import type { FilesControl } from './useFiles';

const Difference = lazy(() => import('../editor/Difference'));

/** Somebody else saved the same change: both are shown, and nothing is overwritten before one of them is chosen. */
export function Conflict({ change, control }: { change: Change; control: FilesControl }) {
  const { t } = useTexts();
  const { data: newest } = queries.useQuery('get', '/rules/changes/{id}', { params: { path: { id: change.id } } }, { staleTime: 0 });
  if (newest === undefined || newest.revision === control.revision) return <Loading />;
  const theirs = new Map(newest.files.map(({ path, text }) => [path, text ?? '']));
  const mine = new Map(control.files.map(({ path, text }) => [path, text ?? '']));
  const paths = [...new Set([...theirs.keys(), ...mine.keys()])].sort();
  const differing = paths.filter((path) => theirs.get(path) !== mine.get(path));
  return (
    <section className="panel conflict" aria-label={t('edit.conflict')}>
      <Alert
        type="warning"
        showIcon
        role="alert"
        message={t('edit.conflict')}
        description={t('edit.conflict_note', { revision: newest.revision })}
        action={
          <div className="buttons">
            <Button onClick={() => control.settle(newest, 'theirs')}>{t('edit.conflict_theirs')}</Button>
            <Button type="primary" onClick={() => control.settle(newest, 'mine')}>
              {t('edit.conflict_mine')}
            </Button>
          </div>
        }
      />
      {differing.length > 0 && <p className="soft">{t('edit.theirs_to_mine')}</p>}
      <Suspense fallback={<Loading />}>
        {differing.map((path) => (
          <div key={path}>
            <bdi className="foreign">{path}</bdi>
            <Difference path={path} before={theirs.get(path) ?? ''} after={mine.get(path) ?? ''} />
          </div>
        ))}
      </Suspense>
    </section>
  );
}
