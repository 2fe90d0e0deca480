import { useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { problemText } from '../../parts/Problem';
import { useTexts } from '../../texts/language';

/** Says what came of a step, and has the lists asked for again. */
export function useDone() {
  const texts = useTexts();
  const { message } = App.useApp();
  const queryClient = useQueryClient();
  const failed = (error: unknown) => void message.error(problemText(error, texts));
  const done = (error: unknown) => {
    if (error === undefined) void message.success(texts.t('accounts.done'));
    else failed(error);
    void queryClient.invalidateQueries();
  };
  return { done, failed };
}
