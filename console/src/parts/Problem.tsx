import { Alert, Button } from 'antd';
import { isProblem } from '../api/client';
import { useTexts, type Texts } from '../texts/language';

/** What went wrong, in the words of the server where it gave any. */
export function problemText(error: unknown, { t, of }: Pick<Texts, 't' | 'of'>): string {
  if (!isProblem(error)) return t('error.away');
  if (error.code === 'not_found') return t('error.not_found');
  return of(error.text) === '' ? t('error.other', { code: error.code }) : of(error.text);
}

export function Problem({ error, retry }: { error: unknown; retry?: () => unknown }) {
  const texts = useTexts();
  const again = retry !== undefined && (
    <Button size="small" onClick={() => void retry()}>
      {texts.t('app.retry')}
    </Button>
  );
  return <Alert type="error" showIcon role="alert" message={problemText(error, texts)} action={again} />;
}
