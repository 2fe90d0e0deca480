import { useCallback, useState } from 'react';
import { Link, Navigate, useParams, useSearchParams } from 'react-router-dom';
import { queries, type Schema } from '../../../api/client';
import { Loading } from '../../../parts/Loading';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import { StudioHead } from '../StudioHead';
import { ruleOf, type Change, type Diagnostic } from '../studio';
import { CasesPanel } from './CasesPanel';
import { Conflict } from './Conflict';
import { FileList } from './FileList';
import { FindingList } from './FindingList';
import { Description } from './Description';
import { FileBar } from './FileBar';
import { OpenFile } from './OpenFile';
import { SaveNote } from './SaveNote';
import { useCases } from './useCases';
import { useFiles } from './useFiles';
import { useFindings } from './useFindings';
import './edit.css';

/** Where a draft is written, with what the engine says of it beside. */
export default function EditPage() {
  const { id = '' } = useParams();
  const change = queries.useQuery('get', '/rules/changes/{id}', { params: { path: { id } } });
  const folder = queries.useQuery('get', '/rules/files');
  const error = change.error ?? folder.error;
  if (error !== null) return <Problem error={error} retry={() => Promise.all([change.refetch(), folder.refetch()])} />;
  if (change.data === undefined || folder.data === undefined) return <Loading />;
  if (!change.data.may.includes('edit')) return <Navigate to={`/rules/changes/${id}`} replace />;
  return <Workbench key={id} change={change.data} folder={folder.data.files} />;
}

function Workbench({ change, folder }: { change: Change; folder: Schema<'RulesFile'>[] }) {
  const { t } = useTexts();
  const [params, setParams] = useSearchParams();
  const control = useFiles(change);
  const { files } = control;
  const inFolder = (file: string) => folder.some((one) => one.path === file);
  const wanted = params.get('file');
  const isThere = wanted !== null && (inFolder(wanted) || files.some((file) => file.path === wanted));
  const path = isThere ? wanted : (files[0]?.path ?? null);
  const open = useCallback((file: string) => setParams({ file }, { replace: true }), [setParams]);
  const check = useFindings(files);
  const cases = useCases(files);
  const [target, setTarget] = useState<Diagnostic>();
  const rule = path === null ? null : ruleOf(path);

  function go(finding: Diagnostic) {
    if (finding.path === null) return;
    open(finding.path);
    setTarget({ ...finding });
  }

  function onKey(event: React.KeyboardEvent) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void cases.run(rule);
  }

  return (
    <>
      <StudioHead>
        <SaveNote control={control} />
        <Link to={`/rules/changes/${change.id}`}>{t('edit.done')}</Link>
      </StudioHead>
      <Description control={control} />
      {control.state === 'conflict' && <Conflict change={change} control={control} />}
      <div className="workbench" onKeyDownCapture={onKey}>
        <div className="workbench-files panel">
          <FileBar control={control} folder={folder} onOpen={open} />
          <FileList touched={files} folder={folder} open={path} onOpen={open} />
        </div>
        <div className="workbench-editor">
          {path === null ? (
            <p className="panel soft">{t('edit.no_file')}</p>
          ) : (
            <OpenFile
              key={`${path}/${control.generation}`}
              path={path}
              control={control}
              inFolder={inFolder(path)}
              findings={check.findings}
              target={target?.path === path ? target : undefined}
            />
          )}
          <p className="soft small">{t('studio.editor_keys')}</p>
        </div>
        <div className="workbench-side">
          <FindingList check={check} onGo={go} />
          <CasesPanel control={cases} rule={rule} />
        </div>
      </div>
    </>
  );
}
