import { Button } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import { queries, type Schema } from '../../../api/client';
import { useMay } from '../../../api/session';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import { NewChange } from '../change/NewChange';
import { StudioHead } from '../StudioHead';
import { casesOf, kindOf, type Diagnostic, type Term } from '../studio';
import { FileLink } from './FileLink';

const CodeEditor = lazy(() => import('../editor/CodeEditor'));
const NO_TERMS: Term[] = [];
const NO_FINDINGS: Diagnostic[] = [];

/** A file of the folder to read, and the files that belong to it. */
export default function RuleFilePage() {
  const { t } = useTexts();
  const [params] = useSearchParams();
  const path = params.get('path') ?? '';
  const mayWrite = useMay('write_rules');
  const [isChanging, setChanging] = useState(false);
  const { data, error, refetch } = queries.useQuery('get', '/rules/file', { params: { query: { path } } });
  const { data: folder } = queries.useQuery('get', '/rules/files');
  const { data: vocabulary } = queries.useQuery('get', '/rules/vocabulary');
  return (
    <>
      <StudioHead>
        {mayWrite && data !== undefined && (
          <Button type="primary" onClick={() => setChanging(true)}>
            {t('file.change')}
          </Button>
        )}
      </StudioHead>
      {isChanging && <NewChange file={path} onClose={() => setChanging(false)} />}
      <h2>
        {t(`file.${kindOf(path)}`)} <bdi className="foreign num">{path}</bdi>
      </h2>
      <Companions path={path} files={folder?.files ?? []} />
      {error !== null && <Problem error={error} retry={refetch} />}
      {data === undefined ? (
        error === null && <Loading />
      ) : (
        <Suspense fallback={<Loading />}>
          <CodeEditor key={`${path} ${data.hash}`} path={path} text={data.text} terms={vocabulary?.entries ?? NO_TERMS} findings={NO_FINDINGS} />
        </Suspense>
      )}
    </>
  );
}

/** The cases of a rule, and the rule of cases. */
function Companions({ path, files }: { path: string; files: Schema<'RulesFile'>[] }) {
  const { t } = useTexts();
  const companions = files.filter((file) => file.path === casesOf(path) || casesOf(file.path) === path);
  return companions.map((file) => (
    <p key={file.path}>
      {t(`file.${kindOf(file.path)}`)}
      {t('studio.colon')}
      <FileLink path={file.path} />
    </p>
  ));
}
