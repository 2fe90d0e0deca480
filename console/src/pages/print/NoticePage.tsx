import { timeText } from '../../format/time';
import { Mark } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import type { WarningFile } from '../warning/events';
import { Line, Sheet } from './Sheet';
import { WhoLines } from './WhoLines';

/** The notice of a warning (预警通知单) for the post that is to act. */
export default function NoticePage() {
  const { t } = useTexts();
  return <Sheet title={t('print.notice')}>{(file) => <Lines file={file} />}</Sheet>;
}

function Lines({ file }: { file: WarningFile }) {
  const { t, of, language } = useTexts();
  const { summary, newest, handling } = file;
  const copies = handling?.copies ?? [];
  return (
    <>
      <Line label={t('print.to')}>{handling === null ? '—' : <bdi>{of(handling.assignee.title)}</bdi>}</Line>
      <WhoLines file={file} />
      <Line label={t('print.opened')}>{timeText(summary.opened_at)}</Line>
      <Line label={t('print.headline')}>
        <bdi className="foreign">{of(summary.text)}</bdi>
      </Line>
      <Line label={t('print.findings')}>
        <ol>
          {(newest?.findings ?? []).map((finding) => (
            <li key={finding.rule}>
              <strong>{of(finding.title)}</strong>
              {language === 'zh' ? '。' : '. '}
              <bdi className="foreign">{of(finding.because)}</bdi>
              <div>
                {t('warning.action')}{t('app.colon')}{of(finding.action)}
              </div>
              {finding.basis.map(({ law, article, confirmed }) => (
                <div key={law + article}>
                  {t('warning.basis')}{t('app.colon')}{language === 'zh' ? `《${law}》${article}` : `${law} ${article}`} {!confirmed && <Mark>{t('warning.unconfirmed')}</Mark>}
                </div>
              ))}
            </li>
          ))}
        </ol>
      </Line>
      <Line label={t('print.clocks')}>
        {handling?.acknowledge_by != null && (
          <div>
            {t('warning.acknowledge_by')}{t('app.colon')}{timeText(handling.acknowledge_by)}
          </div>
        )}
        <div>
          {t('warning.due')}{t('app.colon')}{timeText(summary.due_at)}
        </div>
      </Line>
      <Line label={t('print.copies')}>{copies.length === 0 ? '—' : copies.map(({ title }) => of(title)).join('、')}</Line>
      <Line label={t('print.receipt')} tall>
        {t('print.sign')}
      </Line>
    </>
  );
}
