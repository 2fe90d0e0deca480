import { timeText } from '../../../format/time';
import { DataTable } from '../../../parts/DataTable';
import { Foreign } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import type { Change } from '../studio';

/** Who did what with a change, and why. */
export function StepsSection({ change: { steps } }: { change: Change }) {
  const { t, word } = useTexts();
  return (
    <section className="panel" aria-label={t('change.steps')}>
      <h2>{t('change.steps')}</h2>
      <DataTable
        caption={t('change.steps')}
        rows={steps}
        rowKey={({ at, step }) => `${at}/${step}`}
        columns={[
          { title: t('history.when'), className: 'narrow', cell: ({ at }) => timeText(at) },
          { title: t('changes.state'), className: 'narrow', cell: ({ step }) => word('changeStep', step) },
          { title: t('change.by'), cell: ({ account }) => <Foreign text={account} clamp /> },
          { title: t('change.decision_reason'), cell: ({ reason }) => (reason === null ? '—' : <Foreign text={reason} />) },
        ]}
      />
    </section>
  );
}
