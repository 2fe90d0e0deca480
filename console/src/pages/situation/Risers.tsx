import { Link } from 'react-router-dom';
import type { Schema } from '../../api/client';
import { areaText } from '../../format/area';
import { DataTable } from '../../parts/DataTable';
import { Foreign, LevelTag } from '../../parts/Tags';
import { useTexts } from '../../texts/language';

/** Operators whose score rose most. */
export function Risers({ risers }: { risers: Schema<'Situation'>['risers'] }) {
  const { t } = useTexts();
  return (
    <section className="panel" aria-label={t('situation.risers')}>
      <h2>{t('situation.risers')}</h2>
      <DataTable
        caption={t('situation.risers')}
        rows={risers}
        rowKey={({ operator }) => operator.operator_id}
        columns={[
          {
            title: t('warnings.operator'),
            cell: ({ operator }) => (
              <Link to={`/operators/${encodeURIComponent(operator.operator_id)}`}>
                <Foreign text={operator.name ?? operator.operator_id} clamp />
              </Link>
            ),
          },
          { title: t('warnings.area'), cell: ({ operator }) => <Foreign text={areaText(operator.area)} clamp /> },
          { title: t('warnings.level'), className: 'narrow', cell: ({ operator }) => <LevelTag level={operator.level} /> },
          { title: t('situation.rise'), className: 'narrow num', cell: ({ from, to }) => `${from} → ${to}` },
        ]}
      />
    </section>
  );
}
