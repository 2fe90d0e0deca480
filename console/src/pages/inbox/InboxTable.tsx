import { Checkbox } from 'antd';
import { Link } from 'react-router-dom';
import type { Schema } from '../../api/client';
import { areaText } from '../../format/area';
import { timeText } from '../../format/time';
import { Clock } from '../../parts/Clock';
import { DataTable, type Column } from '../../parts/DataTable';
import { Foreign, LevelTag, Mark } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import { canAcknowledge, itemKey } from './acknowledge';

type InboxItem = Schema<'InboxItem'>;

interface Props {
  items: InboxItem[];
  current: string | undefined;
  chosen: ReadonlySet<string>;
  onToggle: (item: InboxItem) => void;
  allChosen: boolean;
  onToggleAll: (all: boolean) => void;
}

function rowClass({ unread, overdue }: InboxItem): string {
  return [unread ? 'inbox-unread' : '', overdue ? 'inbox-overdue' : ''].join(' ').trim();
}

export function InboxTable({ items, current, chosen, onToggle, allChosen, onToggleAll }: Props) {
  const { t, word, of } = useTexts();
  const columns: Column<InboxItem>[] = [
    {
      title: '',
      className: 'narrow inbox-choose',
      head: <Checkbox aria-label={t('inbox.select_all')} checked={allChosen} onChange={(event) => onToggleAll(event.target.checked)} />,
      cell: (item) => (
        <Checkbox
          aria-label={t('inbox.select', { name: (item.warning.operator.name ?? item.warning.operator.operator_id).slice(0, 80) })}
          checked={chosen.has(itemKey(item))}
          disabled={!canAcknowledge(item)}
          onChange={() => onToggle(item)}
        />
      ),
    },
    { title: t('warnings.level'), className: 'narrow', cell: ({ warning }) => <LevelTag level={warning.level} /> },
    { title: t('warnings.operator'), cell: (item) => <Headline item={item} /> },
    { title: t('warnings.area'), cell: ({ warning }) => <Foreign text={areaText(warning.operator.area)} clamp /> },
    { title: t('inbox.relation'), className: 'narrow', cell: ({ relation }) => word('relation', relation) },
    {
      title: t('inbox.next'),
      className: 'narrow',
      cell: ({ next, answer }) => (answer === null ? word('next', next) : <AnswerState answer={answer} />),
    },
    { title: t('warnings.state'), className: 'narrow', cell: ({ warning }) => (warning.state === null ? '—' : word('state', warning.state)) },
    { title: t('warnings.due'), className: 'narrow', cell: ({ due_at }) => timeText(due_at) },
    { title: t('inbox.left'), className: 'narrow', cell: ({ due_at }) => <Clock until={due_at} /> },
  ];

  function AnswerState({ answer }: { answer: Schema<'Answer'> }) {
    const refused = answer.state === 'refused';
    return (
      <span title={answer.refusal === null ? '' : of(answer.refusal.text)}>
        <Mark strong={refused}>{word('answerState', answer.state)}</Mark>
      </span>
    );
  }

  return (
    <DataTable
      caption={t('inbox.title')}
      columns={columns}
      rows={items}
      rowKey={itemKey}
      rowClass={rowClass}
      currentKey={current}
      empty={t('inbox.empty')}
    />
  );
}

/** Who and what it is about, with what is plain to see: unread, overdue, a draft. */
function Headline({ item: { warning, unread, draft } }: { item: InboxItem }) {
  const { t, of } = useTexts();
  return (
    <>
      <Link className="inbox-link" to={`/warnings/${warning.warning_id}`}>
        {unread && <span className="inbox-dot" role="img" aria-label={t('inbox.unread')} title={t('inbox.unread')} />}
        <Foreign text={warning.operator.name ?? warning.operator.operator_id} clamp />
      </Link>
      <span className="soft inbox-text">
        {draft && <Mark>{t('inbox.draft')}</Mark>}
        <Foreign text={of(warning.text)} clamp />
      </span>
    </>
  );
}
