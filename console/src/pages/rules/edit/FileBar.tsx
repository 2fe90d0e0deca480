import { Button } from 'antd';
import { useState } from 'react';
import type { Schema } from '../../../api/client';
import { useTexts } from '../../../texts/language';
import type { FileText } from '../studio';
import { NewFile } from './NewFile';
import { NewRule } from './NewRule';
import type { FilesControl } from './useFiles';

interface Props {
  control: FilesControl;
  folder: Schema<'RulesFile'>[];
  onOpen: (path: string) => void;
}

/** Begins files: a rule with its cases from the template, or an empty one. */
export function FileBar({ control, folder, onOpen }: Props) {
  const { t } = useTexts();
  const [dialog, setDialog] = useState<'rule' | 'file' | null>(null);
  const taken = new Set([...folder, ...control.files].map(({ path }) => path));

  function begin(files: FileText[]) {
    for (const { path, text } of files) control.put(path, text);
    const first = files.find(({ path }) => path.endsWith('.rhai')) ?? files[0];
    if (first !== undefined) onOpen(first.path);
    setDialog(null);
  }

  return (
    <div className="buttons">
      <Button size="small" onClick={() => setDialog('rule')}>
        {t('edit.new_rule')}
      </Button>
      <Button size="small" onClick={() => setDialog('file')}>
        {t('edit.new_file')}
      </Button>
      {dialog === 'rule' && <NewRule onMake={begin} onClose={() => setDialog(null)} />}
      {dialog === 'file' && <NewFile taken={taken} onMake={(path) => begin([{ path, text: '' }])} onClose={() => setDialog(null)} />}
    </div>
  );
}
