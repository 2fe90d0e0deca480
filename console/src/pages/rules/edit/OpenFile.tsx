import { Button } from 'antd';
import { lazy, Suspense } from 'react';
import { queries } from '../../../api/client';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import type { Diagnostic, Term } from '../studio';
import type { FilesControl } from './useFiles';

const CodeEditor = lazy(() => import('../editor/CodeEditor'));
const NO_TERMS: Term[] = [];

interface Props {
  path: string;
  control: FilesControl;
  /** Whether the folder has it too. */
  inFolder: boolean;
  findings: Diagnostic[];
  target: Diagnostic | undefined;
}

/** The editor of one file, with what can be done with the file as a whole. */
export function OpenFile({ path, control, inFolder, findings, target }: Props) {
  const { t } = useTexts();
  const { data: vocabulary } = queries.useQuery('get', '/rules/vocabulary');
  const touched = control.files.find((file) => file.path === path);
  const kept = queries.useQuery(
    'get',
    '/rules/file',
    { params: { query: { path } } },
    { enabled: inFolder && touched === undefined },
  );
  const text = touched === undefined ? kept.data?.text : touched.text;
  if (touched === undefined && kept.error !== null) return <Problem error={kept.error} retry={kept.refetch} />;
  return (
    <section aria-label={path}>
      <p className="file-head">
        <bdi className="foreign num">{path}</bdi>
        {touched === undefined && <span className="soft small">{t('edit.unchanged')}</span>}
        {touched !== undefined && inFolder && (
          <Button size="small" onClick={() => control.put(path, undefined)}>
            {t('edit.restore_file')}
          </Button>
        )}
        {text !== null && (
          <Button size="small" danger onClick={() => control.put(path, inFolder ? null : undefined)}>
            {t('edit.delete_file')}
          </Button>
        )}
      </p>
      {text === null && <p className="panel soft">{t('edit.deleted')}</p>}
      {text === undefined && <Loading />}
      {typeof text === 'string' && (
        <Suspense fallback={<Loading />}>
          <CodeEditor
            path={path}
            text={text}
            terms={vocabulary?.entries ?? NO_TERMS}
            findings={findings}
            onChange={(next) => control.put(path, next)}
            target={target}
          />
        </Suspense>
      )}
    </section>
  );
}
