import { Button, Input } from 'antd';
import { useState } from 'react';
import { Dialog } from '../../../parts/Dialog';
import { useTexts } from '../../../texts/language';

interface Props {
  taken: ReadonlySet<string>;
  onMake: (path: string) => void;
  onClose: () => void;
}

/** A file that begins empty: features, cases, or a rule that is written from nothing. */
export function NewFile({ taken, onMake, onClose }: Props) {
  const { t } = useTexts();
  const [path, setPath] = useState('');
  const isTaken = taken.has(path);
  return (
    <Dialog open title={t('edit.new_file')} onCancel={onClose} footer={null} destroyOnHidden>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (path !== '' && !isTaken) onMake(path);
        }}
      >
        <label htmlFor="new-path">{t('edit.path')}</label>
        <Input id="new-path" autoFocus value={path} maxLength={200} onChange={(event) => setPath(event.target.value.trim())} />
        <p className={isTaken ? 'clock-over' : 'soft small'}>{isTaken ? t('edit.path_taken') : t('edit.path_rule')}</p>
        <Button type="primary" htmlType="submit" disabled={path === '' || isTaken}>
          {t('edit.make')}
        </Button>
      </form>
    </Dialog>
  );
}
