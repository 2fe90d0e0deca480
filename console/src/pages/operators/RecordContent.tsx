import type { Schema } from '../../api/client';
import { exactTimeText } from '../../format/time';
import { Foreign } from '../../parts/Tags';
import { HEADLINES, RECORD_WORDS } from '../../texts/evidence';
import { useTexts, type Texts } from '../../texts/language';

type Item = Schema<'TimelineItem'>;

const INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/;

/** A value of a record in words where its schema has any. */
function valueText(source: string, column: string, value: unknown, { of, t }: Pick<Texts, 'of' | 't'>): string {
  if (typeof value === 'boolean') return value ? t('app.yes') : t('app.no');
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') {
    const words = RECORD_WORDS[source]?.[column]?.[value];
    return words === undefined ? (INSTANT.test(value) ? exactTimeText(value) : value) : of(words);
  }
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) {
    return value.map((part) => valueText(source, column, part, { of, t })).join(t('app.comma'));
  }
  return JSON.stringify(value);
}

/** What a record is about, in one line. */
function headline({ source, content }: Item, texts: Texts): string {
  const columns = HEADLINES[source] ?? [];
  const parts = columns.filter((column) => content[column] !== undefined).map((column) => valueText(source, column, content[column], texts));
  return parts.join(' · ');
}

/** A record of a source: what it is about, and behind that all that the engine has of it. */
export function RecordContent({ item }: { item: Item }) {
  const texts = useTexts();
  const { t } = texts;
  return (
    <>
      <Foreign text={headline(item, texts)} />
      <details className="evidence">
        <summary>{t('timeline.content')}</summary>
        <dl className="record">
          <dt>{t('timeline.publisher')}</dt>
          <dd>
            <Foreign text={item.id} />
          </dd>
          {Object.entries(item.content).map(([column, value]) => (
            <Column key={column} name={column} text={valueText(item.source, column, value, texts)} />
          ))}
        </dl>
      </details>
    </>
  );
}

function Column({ name, text }: { name: string; text: string }) {
  return (
    <>
      <dt>
        <code>{name}</code>
      </dt>
      <dd>
        <Foreign text={text} />
      </dd>
    </>
  );
}
