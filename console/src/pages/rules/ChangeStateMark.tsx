import { Mark } from '../../parts/Tags';
import { useTexts } from '../../texts/language';
import { isUnderWay, type ChangeState } from './studio';

const STRONG: ChangeState[] = ['refused', 'failed'];

/** Where a change stands, in a word. */
export function ChangeStateMark({ state, outdated = false }: { state: ChangeState; outdated?: boolean }) {
  const { t, word } = useTexts();
  return (
    <>
      <Mark strong={STRONG.includes(state)}>{word('changeState', state)}</Mark>{' '}
      {outdated && isUnderWay(state) && <Mark strong>{t('changes.outdated')}</Mark>}
    </>
  );
}
