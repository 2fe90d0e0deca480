import { Alert } from 'antd';
import { lazy, Suspense } from 'react';
import { queries } from '../../../api/client';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { Mark } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import type { Change } from '../studio';

const Difference = lazy(() => import('../editor/Difference'));

/** What moved in the folder since the change was begun: shown, never overwritten. */
export function Outdated({ change: { outdated, moved, files, state } }: { change: Change }) {
  const { t, word } = useTexts();
  if (!outdated || state === 'in_force') return null;
  return (
    <Alert
      type="warning"
      showIcon
      message={t('change.outdated')}
      description={
        <ul className="moved">
          {moved.map(({ path, how, touched }) => (
            <li key={path}>
              <Mark>{word('moved', how)}</Mark> <bdi className="foreign num">{path}</bdi>{' '}
              {touched && <Mark strong>{t('change.outdated_touched')}</Mark>}
              {touched && <Movement path={path} base={files.find((file) => file.path === path)?.base ?? ''} isGone={how === 'removed'} />}
            </li>
          ))}
        </ul>
      }
    />
  );
}

/** What somebody did to a file since the change was begun. */
function Movement({ path, base, isGone }: { path: string; base: string; isGone: boolean }) {
  const { t } = useTexts();
  const { data, error } = queries.useQuery('get', '/rules/file', { params: { query: { path } } }, { enabled: !isGone });
  if (error !== null) return <Problem error={error} />;
  return (
    <details>
      <summary>{t('change.outdated_moved')}</summary>
      {data === undefined && !isGone ? (
        <Loading />
      ) : (
        <Suspense fallback={<Loading />}>
          <Difference path={path} before={base} after={data?.text ?? ''} />
        </Suspense>
      )}
    </details>
  );
}
