import type { ReactNode } from 'react';
import { exactTimeText, timeText } from '../../format/time';
import { Photographs } from '../../parts/Photographs';
import { Foreign, LevelTag } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import { changes, type Change, type WarningFile } from './events';

/** Every event of the warning with what it changed, the newest first. */
export function Steps({ file }: { file: WarningFile }) {
  const { t } = useTexts();
  return (
    <section className="panel" aria-label={t('warning.steps')}>
      <h2>{t('warning.steps')}</h2>
      <ol className="steps">
        {changes(file.events).map((change) => (
          <Step key={change.event.sequence} change={change} file={file} />
        ))}
      </ol>
    </section>
  );
}

function Step({ change: { event, score, due, post, state, found, gone }, file }: { change: Change; file: WarningFile }) {
  const { t, word, of } = useTexts();
  const titles = (findings: Change['found']) => findings.map(({ title }) => of(title)).join('、');
  const lines: ReactNode[] = [
    event.from !== event.level && t('warning.step_level', { from: word('level', event.from), to: word('level', event.level) }),
    score !== null && t('warning.step_score', score),
    found.length > 0 && t('warning.step_found', { rules: titles(found) }),
    gone.length > 0 && t('warning.step_gone', { rules: titles(gone) }),
    state !== null && t('warning.step_state', { from: word('state', state.from), to: word('state', state.to) }),
    post !== null && t('warning.step_post', { from: of(post.from.title), to: of(post.to.title) }),
    due !== null &&
      (due.from === null
        ? t('warning.step_due_set', { to: timeText(due.to) })
        : t('warning.step_due', { from: timeText(due.from), to: timeText(due.to) })),
  ];
  return (
    <li>
      <div className="step-head">
        <span className="num soft">{event.sequence}</span>
        <strong>{word('step', event.step)}</strong>
        <LevelTag level={event.level} />
        <span className="num soft">{exactTimeText(event.as_of, event.zone)}</span>
        <span className="soft">{word('cause', event.cause)}</span>
      </div>
      <div className="step-changes">
        {lines.map((line, index) => line !== false && <div key={index}>{line}</div>)}
      </div>
      <Photographs warningId={file.summary.warning_id} references={event.disposition?.attachments ?? []} here={file.attachments} />
      <details>
        <summary>{t('print.headline')}</summary>
        <Foreign text={of(event.text)} />
      </details>
    </li>
  );
}
