import type { Schema } from '../../../api/client';
import { timeText } from '../../../format/time';
import { Mark } from '../../../parts/Tags';
import { useTexts } from '../../../texts/language';
import type { WarningFile } from '../events';
import { AnswerForm } from './AnswerForm';

/** What the account may do now, and what became of what it did. */
export function AnswerPanel({ file }: { file: WarningFile }) {
  const { t } = useTexts();
  return (
    <section className="panel answer" aria-label={t('answer.title')}>
      <h2>{t('answer.title')}</h2>
      {file.actions.length === 0 ? <p className="soft">{t('answer.nothing')}</p> : <AnswerForm file={file} />}
      {file.answers.length > 0 && <Given answers={file.answers} />}
    </section>
  );
}

function Given({ answers }: { answers: Schema<'Answer'>[] }) {
  const { t, word, of } = useTexts();
  return (
    <>
      <h3>{t('answer.given')}</h3>
      <ul className="answer-given" aria-live="polite">
        {[...answers].reverse().map((answer) => (
          <li key={answer.id}>
            <span className="num soft">{timeText(answer.made_at)}</span> {word('done', answer.request.action)}{' '}
            <Mark strong={answer.state === 'refused'}>{word('answerState', answer.state)}</Mark>
            {answer.refusal !== null && <div className="answer-error">{of(answer.refusal.text)}</div>}
          </li>
        ))}
      </ul>
    </>
  );
}
