import { lazy, Suspense } from 'react';
import type { Schema } from '../../api/client';
import { Loading } from '../../parts/Loading';
import { Mark } from '../../parts/Tags';
import { useTexts } from '../../texts/language';

const Difference = lazy(() => import('./editor/Difference'));

/** So many files are shown at once; more are opened one by one. */
const OPEN = 8;

/** What was put in, changed and taken away, file by file. */
export function FileDifferences({ files }: { files: Schema<'FileDifference'>[] }) {
  const { t, word } = useTexts();
  if (files.length === 0) return <p className="soft">{t('difference.none')}</p>;
  return files.map(({ path, how, base, text }) => (
    <details key={path} open={files.length <= OPEN}>
      <summary>
        <Mark strong={how === 'removed'}>{word('moved', how)}</Mark> <bdi className="foreign num">{path}</bdi>
      </summary>
      <Suspense fallback={<Loading />}>
        <Difference path={path} before={base ?? ''} after={text ?? ''} />
      </Suspense>
    </details>
  ));
}
