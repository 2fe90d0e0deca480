import { Alert, Button } from 'antd';
import { useState } from 'react';
import { queries, type Schema } from '../../api/client';
import { exactTimeText } from '../../format/time';
import { DataTable } from '../../parts/DataTable';
import { Problem } from '../../parts/Problem';
import { useTexts } from '../../texts/language';

const KINDS = { agrees: 'success', differs: 'error', unavailable: 'warning' } as const;

/** Recomputes the warning when asked, and says whether it agrees. */
export function Proof({ warningId, sequence }: { warningId: string; sequence: number }) {
  const { t } = useTexts();
  const [asked, setAsked] = useState(false);
  const { data, error, isFetching, refetch } = queries.useQuery(
    'get',
    '/warnings/{warning_id}/proof',
    { params: { path: { warning_id: warningId }, query: { sequence } } },
    { enabled: asked },
  );
  return (
    <section className="panel" aria-label={t('warning.proof')}>
      <h2>{t('warning.proof')}</h2>
      <p className="soft">{t('warning.proof_note')}</p>
      <Button loading={isFetching} onClick={() => (asked ? void refetch() : setAsked(true))}>
        {t('warning.proof_run')}
      </Button>
      <div aria-live="polite">
        {error !== null && <Problem error={error} />}
        {data !== undefined && <Outcome proof={data} />}
      </div>
    </section>
  );
}

function Outcome({ proof: { outcome, text, differences, ruleset, checked_at } }: { proof: Schema<'Proof'> }) {
  const { t, of } = useTexts();
  return (
    <div className="proof">
      <Alert type={KINDS[outcome]} showIcon message={t(`warning.proof_${outcome}`)} description={of(text)} />
      {differences.length > 0 && (
        <DataTable
          caption={t('warning.proof_differs')}
          rows={differences}
          rowKey={({ field }) => field}
          columns={[
            { title: t('warning.proof_field'), cell: ({ field }) => field },
            { title: t('warning.proof_stated'), cell: ({ stated }) => JSON.stringify(stated) },
            { title: t('warning.proof_recomputed'), cell: ({ recomputed }) => JSON.stringify(recomputed) },
          ]}
        />
      )}
      <p className="soft small foreign">
        {exactTimeText(checked_at)} · {t('warning.ruleset')} <span className="num">{ruleset.slice(0, 12)}</span>
      </p>
    </div>
  );
}
