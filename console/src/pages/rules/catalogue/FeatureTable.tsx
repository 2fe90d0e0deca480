import type { Schema } from '../../../api/client';
import { DataTable } from '../../../parts/DataTable';
import { Foreign } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import { FileLink } from './FileLink';

interface Props {
  features: Schema<'CatalogueFeature'>[];
  catalogue: Schema<'Catalogue'>;
}

/** Every feature with what it counts, where it is written, how it is computed, and who reads it. */
export function FeatureTable({ features, catalogue: { rules } }: Props) {
  const { t, of } = useTexts();
  const ruleOf = new Map(rules.map((rule) => [rule.id, rule]));
  return (
    <DataTable
      caption={t('catalogue.features')}
      rows={features}
      rowKey={({ name }) => name}
      columns={[
        {
          title: t('catalogue.feature'),
          cell: ({ name, title }) => (
            <>
              <Foreign text={of(title)} />
              <div>
                <code className="soft small">{name}</code>
              </div>
            </>
          ),
        },
        { title: t('catalogue.missing'), cell: ({ missing_title }) => <Foreign text={of(missing_title)} /> },
        { title: t('catalogue.file'), cell: ({ file, reference }) => (reference ? '—' : <FileLink path={file} />) },
        {
          title: t('catalogue.computed'),
          cell: ({ computed: { title, why } }) => <span className="foreign" title={why === null ? '' : of(why)}>{of(title)}</span>,
        },
        {
          title: t('catalogue.read_by'),
          cell: ({ read_by }) => (
            <ul className="reads">
              {read_by.map((id) => {
                const rule = ruleOf.get(id);
                return <li key={id}>{rule === undefined ? <code>{id}</code> : <FileLink path={rule.file} text={of(rule.title)} />}</li>;
              })}
            </ul>
          ),
        },
      ]}
    />
  );
}
