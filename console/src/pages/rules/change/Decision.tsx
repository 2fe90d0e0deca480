import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import type { Change } from '../studio';
import { useAct } from './useAct';

/** Where a second person decides, below everything that they decide by. */
export function Decision({ change }: { change: Change }) {
  const { t, of } = useTexts();
  const { act, acting, error } = useAct(change);
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const mayApprove = change.may.includes('approve');
  const mayRefuse = change.may.includes('refuse');
  if (change.state !== 'proposed') return null;

  function refuse() {
    setMissing(reason.trim() === '');
    if (reason.trim() !== '') void act('refuse', reason.trim());
  }

  return (
    <section className="panel" aria-label={t('change.decide')}>
      <h2>{t('change.decide')}</h2>
      {!mayApprove && <Alert type="info" showIcon message={change.why_not === null ? t('change.not_yours') : of(change.why_not)} />}
      {(mayApprove || mayRefuse) && (
        <div className="form">
          <p className="soft">{t('change.approve_note')}</p>
          <label htmlFor="decision-reason">{t('change.decision_reason')}</label>
          <Input.TextArea id="decision-reason" rows={3} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />
          {missing && reason.trim() === '' && <p className="clock-over">{t('change.refuse_reason_missing')}</p>}
          {error !== null && <Problem error={error} />}
          <p className="buttons">
            {mayApprove && (
              <Button type="primary" loading={acting} onClick={() => void act('approve', reason.trim())}>
                {t('change.approve')}
              </Button>
            )}
            {mayRefuse && (
              <Button danger loading={acting} onClick={refuse}>
                {t('change.refuse')}
              </Button>
            )}
          </p>
        </div>
      )}
    </section>
  );
}
