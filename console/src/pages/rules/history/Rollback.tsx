import { Button, Input } from 'antd';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { api, type Schema } from '../../../api/client';
import { uuid } from '../../../api/uuid';
import { Dialog } from '../../../parts/Dialog';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import { shortVersion } from '../studio';

interface Props {
  version: Schema<'RulesVersion'>;
  onClose: () => void;
}

/** Makes a change back to a version, with the reason that the second person will read. */
export function Rollback({ version: { ruleset, cases_kept }, onClose }: Props) {
  const { t } = useTexts();
  const navigate = useNavigate();
  // However often it is sent, one change begins.
  const [id] = useState(uuid);
  const [reason, setReason] = useState('');
  const [sending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<unknown>(null);

  async function make() {
    setSending(true);
    setTrouble(null);
    try {
      const { data, error } = await api.POST('/rules/history/{ruleset}/rollback', {
        params: { path: { ruleset } },
        body: { id, reason: reason.trim() },
      });
      if (data === undefined) setTrouble(error);
      else navigate(`/rules/changes/${data.id}`);
    } catch (thrown) {
      setTrouble(thrown);
    } finally {
      setSending(false);
    }
  }

  return (
    <Dialog open title={t('history.rollback_of', { version: shortVersion(ruleset) })} onCancel={onClose} footer={null} destroyOnHidden>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim() !== '' && !sending) void make();
        }}
      >
        <p className="soft">{t('history.rollback_note')}</p>
        <p className="soft">{t(cases_kept ? 'history.rollback_cases' : 'history.rollback_no_cases')}</p>
        <label htmlFor="rollback-reason">{t('changes.reason')}</label>
        <Input.TextArea id="rollback-reason" autoFocus rows={3} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />
        {trouble !== null && <Problem error={trouble} />}
        <Button type="primary" htmlType="submit" disabled={reason.trim() === ''} loading={sending}>
          {t('history.rollback_make')}
        </Button>
      </form>
    </Dialog>
  );
}
