import type { Schema } from '../../../api/client';
import { DataTable } from '../../../parts/DataTable';
import { Foreign } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';

type Cost = Schema<'ChangeCost'>;
type Computed = Cost['features'][number]['before'];

/** What the change costs: how the features that it touches are computed, and how many are computed in which way. */
export function CostTable({ cost: { features, paths } }: { cost: Cost }) {
  const { t, of } = useTexts();
  return (
    <div className="trial">
      <h3>{t('cost.title')}</h3>
      <p>
        {paths.map(({ path, title, before, after }) => (
          <span key={path} className="cost-path">
            {of(title)} <span className="num">{before === after ? after : `${before} → ${after}`}</span>
          </span>
        ))}
      </p>
      {features.length === 0 ? (
        <p className="soft">{t('cost.none')}</p>
      ) : (
        <DataTable
          caption={t('cost.features')}
          rows={features}
          rowKey={({ name }) => name}
          columns={[
            {
              title: t('cost.feature'),
              cell: ({ name, title }) => (
                <>
                  <Foreign text={of(title)} /> <code className="soft small">{name}</code>
                </>
              ),
            },
            { title: t('cost.before'), cell: ({ before }) => <Way computed={before} /> },
            { title: t('cost.after'), cell: ({ after }) => <Way computed={after} /> },
          ]}
        />
      )}
    </div>
  );
}

function Way({ computed }: { computed: Computed }) {
  const { of } = useTexts();
  if (computed === null) return '—';
  return (
    <>
      {of(computed.title)}
      {computed.why !== null && <div className="soft small">{of(computed.why)}</div>}
    </>
  );
}
