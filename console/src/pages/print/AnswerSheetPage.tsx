import { timeText } from '../../format/time';
import { Photographs } from '../../parts/Photographs';
import { Foreign } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import type { WarningFile } from '../warning/events';
import { usePostTitle } from '../warning/usePostTitle';
import { Line, Sheet } from './Sheet';
import { WhoLines } from './WhoLines';

/** What was found and done (处置反馈单), as the newest answer says it; with empty lines to fill in by hand where there is none. */
export default function AnswerSheetPage() {
  const { t } = useTexts();
  return <Sheet title={t('print.sheet')}>{(file) => <Lines file={file} />}</Sheet>;
}

function Lines({ file }: { file: WarningFile }) {
  const { t, word, of } = useTexts();
  const titleOf = usePostTitle(file.events);
  const done = file.dispositions.filter(({ retracted }) => !retracted);
  const answer = done.findLast(({ action }) => action === 'answered');
  // Texts are kept out of what the topics say: only this console's own answers have them.
  const written = file.answers.findLast(({ request }) => request.action === 'answered')?.request.result;
  const review = done.findLast(({ action }) => action === 'reviewed');
  return (
    <>
      <WhoLines file={file} />
      <Line label={t('print.headline')}>
        <bdi className="foreign">{of(file.summary.text)}</bdi>
      </Line>
      <Line label={t('print.handler')}>
        {answer?.post == null ? t('print.no_answer') : `${titleOf(answer.post)}${answer.role === undefined ? '' : `${t('app.comma')}${word('role', answer.role)}`}`}
      </Line>
      <Line label={t('print.handled_at')}>{answer === undefined ? '' : timeText(answer.occurred_at)}</Line>
      <Line label={t('print.verdict')}>{answer?.verdict == null ? '' : word('verdict', answer.verdict)}</Line>
      <Line label={t('print.measures')}>{answer?.measures?.map((measure) => word('measure', measure)).join('、')}</Line>
      <Line label={t('print.result')} tall>
        {written !== undefined && <Foreign text={written} />}
      </Line>
      {answer?.attachments !== undefined && (
        <Line label={t('print.photos')}>
          <Photographs warningId={file.summary.warning_id} references={answer.attachments} here={file.attachments} eager />
        </Line>
      )}
      <Line label={t('print.officers')} tall>
        {' '}
      </Line>
      <Line label={t('print.party')} tall>
        {' '}
      </Line>
      <Line label={t('print.review')} tall>
        {review?.post != null && t('print.review_done', { post: titleOf(review.post), time: timeText(review.occurred_at) })}
      </Line>
    </>
  );
}
