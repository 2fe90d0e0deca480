import type { Schema } from '../../api/client';
import { timeText } from '../../format/time';
import { DataTable } from '../../parts/DataTable';
import { Photographs } from '../../parts/Photographs';
import { Foreign, Mark } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import type { WarningFile } from './events';
import { usePostTitle } from './usePostTitle';

/** Who did what, and which post was told by which channel. */
export function People({ file }: { file: WarningFile }) {
  const { t, word } = useTexts();
  const titleOf = usePostTitle(file.events);
  const receipts = file.handling?.receipts ?? [];
  return (
    <section className="panel" aria-label={t('warning.people')}>
      <h2>{t('warning.people')}</h2>
      <DataTable
        caption={t('warning.people')}
        rows={file.dispositions.filter(({ action }) => action !== 'delivered')}
        rowKey={({ publisher, event_id, revision }) => `${publisher}/${event_id}/${revision ?? 1}`}
        columns={[
          { title: t('operator.time'), className: 'narrow', cell: ({ occurred_at }) => timeText(occurred_at) },
          {
            title: t('warning.assignee'),
            cell: ({ post, role }) => (
              <>
                <Foreign text={post === undefined ? null : titleOf(post)} clamp />
                {role !== undefined && <span className="soft small">{word('role', role)}</span>}
              </>
            ),
          },
          {
            title: t('answer.action'),
            className: 'narrow',
            cell: ({ action, retracted }) => (
              <>
                {action === undefined ? '—' : word('done', action)} {retracted && <Mark>{t('warning.withdrawn_answer')}</Mark>}
              </>
            ),
          },
          { title: t('people.outcome'), cell: (disposition) => <Outcome disposition={disposition} file={file} /> },
        ]}
      />
      {receipts.length > 0 && (
        <>
          <h3>{t('warning.told')}</h3>
          <DataTable
            caption={t('warning.told')}
            rows={receipts}
            rowKey={({ post, channel, sequence, at }) => [post, channel, sequence, at].join('/')}
            columns={[
              { title: t('operator.time'), className: 'narrow', cell: ({ at }) => timeText(at) },
              { title: t('warning.assignee'), cell: ({ post }) => <Foreign text={post === null ? null : titleOf(post)} clamp /> },
              { title: t('warning.channel'), cell: ({ channel }) => <Foreign text={channel} clamp /> },
            ]}
          />
        </>
      )}
    </section>
  );
}

function Outcome({ disposition: { verdict, measures = [], attachments = [] }, file }: { disposition: Schema<'Disposition'>; file: WarningFile }) {
  const { word } = useTexts();
  return (
    <>
      {verdict !== undefined && <strong>{word('verdict', verdict)} </strong>}
      {measures.map((measure) => word('measure', measure)).join('、')}
      <Photographs warningId={file.summary.warning_id} references={attachments} here={file.attachments} />
    </>
  );
}
