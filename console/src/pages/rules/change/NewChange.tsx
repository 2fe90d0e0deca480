import { Button, Input } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { api } from '../../../api/client';
import { uuid } from '../../../api/uuid';
import { Dialog } from '../../../parts/Dialog';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';

interface Props {
  /** A file of the folder to begin with. */
  file?: string;
  onClose: () => void;
}

/** Begins a change from the folder as it is: what it is, and why. */
export function NewChange({ file, onClose }: Props) {
  const { t } = useTexts();
  const navigate = useNavigate();
  // However often it is sent, one change begins.
  const [id] = useState(uuid);
  const [title, setTitle] = useState('');
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const [sending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);
  const isWhole = title.trim() !== '' && reason.trim() !== '';

  async function make() {
    setMissing(!isWhole);
    if (!isWhole || sending) return;
    setSending(true);
    setTrouble(null);
    try {
      const { data, error } = await api.POST('/rules/changes', { body: { id, title: title.trim(), reason: reason.trim() } });
      if (data === undefined) setTrouble(error);
      else navigate(`/rules/changes/${data.id}/edit${file === undefined ? '' : `?${new URLSearchParams({ file }).toString()}`}`);
    } catch (error) {
      setTrouble(error);
    } finally {
      setSending(false);
    }
  }

  return (
    <Dialog open title={t('changes.new')} onCancel={onClose} footer={null} destroyOnHidden>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <label htmlFor="change-title">{t('changes.title_field')}</label>
        <Input id="change-title" autoFocus maxLength={100} value={title} onChange={(event) => setTitle(event.target.value)} />
        {missing && title.trim() === '' && <p className="clock-over">{t('changes.title_missing')}</p>}
        <label htmlFor="change-reason">{t('changes.reason')}</label>
        <Input.TextArea id="change-reason" rows={4} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />
        <p className={missing && reason.trim() === '' ? 'clock-over' : 'soft small'}>
          {missing && reason.trim() === '' ? t('changes.reason_missing') : t('changes.reason_note')}
        </p>
        {trouble !== null && <Problem error={trouble} />}
        <Button type="primary" htmlType="submit" loading={sending}>
          {t('changes.make')}
        </Button>
      </form>
    </Dialog>
  );
}
