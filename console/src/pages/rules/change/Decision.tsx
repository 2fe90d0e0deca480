import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { isProblem, queries } from '../../../api/client';
import { Problem } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import type { Change } from '../studio';
import { useAct } from './useAct';

/** Where a second person decides, below everything that they decide by. */
export function Decision({ change }: { change: Change }) {
  const { t, of } = useTexts();
  const { act, acting, error } = useAct(change);
  const [reason, setReason] = useState('');
  const [without, setWithout] = useState('');
  const [missing, setMissing] = useState(false);
  const mayApprove = change.may.includes('approve');
  const mayRefuse = change.may.includes('refuse');
  const { data: examination } = queries.useQuery(
    'get',
    '/rules/changes/{id}/examination',
    { params: { path: { id: change.id } } },
    { enabled: mayApprove },
  );
  const isUnprojected =
    (examination?.state === 'passed' && examination.report?.projection === null) || (isProblem(error) && error.code === 'not_projected');
  if (change.state !== 'proposed') return null;

  function refuse() {
    setMissing(reason.trim() === '');
    if (reason.trim() !== '') void act('refuse', reason.trim());
  }

  return (
    <section className="panel" aria-label={t('change.decide')}>
      <h2>{t('change.decide')}</h2>
      {!mayApprove && <Alert type="info" showIcon message={whyNot()} />}
      {(mayApprove || mayRefuse) && (
        <div className="form">
          <p className="soft">{t('change.approve_note')}</p>
          <label htmlFor="decision-reason">{t('change.decision_reason')}</label>
          <Input.TextArea id="decision-reason" rows={3} maxLength={2000} value={reason} onChange={(event) => setReason(event.target.value)} />
          {missing && reason.trim() === '' && <p className="clock-over">{t('change.refuse_reason_missing')}</p>}
          {mayApprove && isUnprojected && (
            <>
              <label htmlFor="without-projection">{t('change.without_projection')}</label>
              <Input.TextArea id="without-projection" rows={2} maxLength={2000} value={without} onChange={(event) => setWithout(event.target.value)} />
            </>
          )}
          {error !== null && <Problem error={error} />}
          <p className="buttons">
            {mayApprove && (
              <Button
                type="primary"
                loading={acting}
                disabled={isUnprojected && without.trim() === ''}
                onClick={() => void act('approve', reason.trim(), isUnprojected ? without.trim() : undefined)}
              >
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

  function whyNot(): string {
    if (change.why_not !== null) return of(change.why_not);
    return t(mayRefuse && !change.outdated ? 'change.not_examined' : 'change.not_yours');
  }
}
