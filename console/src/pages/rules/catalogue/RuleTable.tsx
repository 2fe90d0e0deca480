import type { Schema } from '../../../api/client';
import { timeText } from '../../../format/time';
import { DataTable } from '../../../parts/DataTable';
import { Foreign, LevelTag, Mark } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import { FileLink } from './FileLink';
import { levelsOf } from './rule';

type Rule = Schema<'CatalogueRule'>;

interface Props {
  rules: Rule[];
  catalogue: Schema<'Catalogue'>;
}

/** Every rule with what it counts, what it reads, and how right and how loud it has been. */
export function RuleTable({ rules, catalogue: { features, families } }: Props) {
  const { t, of } = useTexts();
  const titleOf = new Map(features.map(({ name, title }) => [name, of(title)]));
  const familyOf = new Map(families.map(({ id, title }) => [id, of(title)]));
  return (
    <DataTable
      caption={t('catalogue.rules')}
      rows={rules}
      rowKey={({ id }) => id}
      columns={[
        { title: t('catalogue.rule'), cell: (rule) => <Title rule={rule} /> },
        { title: t('catalogue.family'), cell: ({ family }) => <Foreign text={familyOf.get(family) ?? family} /> },
        { title: t('catalogue.points'), cell: ({ points }) => <code className="points">{points}</code> },
        {
          title: t('catalogue.floor'),
          className: 'narrow',
          cell: (rule) => (
            <span className="floors">
              {levelsOf(rule).map((level) => (
                <LevelTag key={level} level={level} />
              ))}
              {rule.levels.length === 0 && '—'}
            </span>
          ),
        },
        { title: t('catalogue.reads'), cell: ({ reads }) => <Reads names={reads} titleOf={titleOf} /> },
        { title: t('catalogue.quality'), cell: (rule) => <Quality rule={rule} /> },
        { title: t('catalogue.noise'), cell: (rule) => <Noise rule={rule} /> },
      ]}
    />
  );
}

function Title({ rule: { id, title, file, status, owner } }: { rule: Rule }) {
  const { of, word } = useTexts();
  return (
    <>
      <FileLink path={file} text={of(title)} />
      <div className="soft small">
        <code>{id}</code> <Foreign text={owner} clamp /> {status !== 'active' && <Mark>{word('ruleStatus', status)}</Mark>}
      </div>
    </>
  );
}

function Reads({ names, titleOf }: { names: string[]; titleOf: Map<string, string> }) {
  return (
    <ul className="reads">
      {names.map((name) => (
        <li key={name}>
          <Foreign text={titleOf.get(name) ?? name} /> <code className="soft small">{name}</code>
        </li>
      ))}
    </ul>
  );
}

/** How right it has been: what people found who answered its warnings. */
function Quality({ rule: { quality } }: { rule: Rule }) {
  const { t } = useTexts();
  if (quality === null || quality.answered === 0) return <span className="soft">{t('catalogue.not_answered')}</span>;
  return <span>{t('catalogue.quality_of', { answered: quality.answered, unfounded: quality.false_alarms })}</span>;
}

/** How loud it has been: the warnings that it opened, and those that only it opened. */
function Noise({ rule: { quality } }: { rule: Rule }) {
  const { t } = useTexts();
  if (quality === null) return <span className="soft">{t('catalogue.no_warnings')}</span>;
  return (
    <>
      <span>{t('catalogue.noise_of', { opened: quality.opened, alone: quality.opened_unique })}</span>
      {quality.last_fired !== null && <div className="soft small">{t('catalogue.last_fired', { time: timeText(quality.last_fired) })}</div>}
    </>
  );
}
