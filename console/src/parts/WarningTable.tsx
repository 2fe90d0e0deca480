import { Link } from 'react-router-dom';
import type { Schema } from '../api/client';
import { areaText } from '../format/area';
import { timeText } from '../format/time';
import { useTexts } from '../texts/language';
import { Clock } from './Clock';
import { DataTable, type Column } from './DataTable';
import { Foreign, LevelTag, Mark } from './Tags';

type WarningSummary = Schema<'WarningSummary'>;

interface Props {
  caption: string;
  warnings: WarningSummary[];
  /** Left out where all are of one operator. */
  withOperator?: boolean;
  /** The warning where the keyboard is. */
  current?: string | undefined;
}

export function WarningTable({ caption, warnings, withOperator = true, current }: Props) {
  const { t, word, of } = useTexts();
  const what: Column<WarningSummary> = {
    title: withOperator ? t('warnings.operator') : t('operator.what'),
    cell: (warning) => (
      <>
        <Link to={`/warnings/${warning.warning_id}`}>
          <Foreign text={withOperator ? (warning.operator.name ?? warning.operator.operator_id) : of(warning.text)} clamp />
        </Link>
        {withOperator && (
          <span className="soft small">
            <Foreign text={of(warning.text)} clamp />
          </span>
        )}
      </>
    ),
  };
  const area: Column<WarningSummary> = {
    title: t('warnings.area'),
    cell: ({ operator }) => <Foreign text={areaText(operator.area)} clamp />,
  };
  const columns: Column<WarningSummary>[] = [
    { title: t('warnings.level'), className: 'narrow', cell: ({ open, level, highest_level }) => <LevelTag level={open ? level : highest_level} /> },
    what,
    ...(withOperator ? [area] : []),
    {
      title: t('warnings.state'),
      className: 'narrow',
      cell: ({ open, step, state }) => (open ? (state === null ? '—' : word('state', state)) : `${t('warning.ended')}（${word('step', step)}）`),
    },
    {
      title: t('warnings.post'),
      cell: ({ assignee, unrouted }) => (
        <>
          {assignee === null ? '—' : <bdi className="foreign">{of(assignee.title)}</bdi>} {unrouted && <Mark>{t('situation.unrouted')}</Mark>}
        </>
      ),
    },
    { title: t('warnings.opened'), className: 'narrow', cell: ({ opened_at }) => timeText(opened_at) },
    {
      title: t('warnings.due'),
      className: 'narrow',
      cell: ({ open, due_at, ended_at, overdue }) =>
        !open ? timeText(ended_at) : overdue ? <Clock until={due_at} /> : timeText(due_at),
    },
  ];
  return <DataTable caption={caption} columns={columns} rows={warnings} rowKey={({ warning_id }) => warning_id} currentKey={current} />;
}
