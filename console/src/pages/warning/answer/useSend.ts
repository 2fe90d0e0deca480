import { useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { useCallback, useState } from 'react';
import { api, isProblem } from '../../../api/client';
import { uuid } from '../../../api/uuid';
import { problemText } from '../../../parts/Problem';
import { useTexts } from '../../../texts/language';
import type { WarningFile } from '../events';
import { requestOf, type Draft } from './draft';

interface Sending {
  /** Whether it was taken. */
  send: (draft: Draft) => Promise<boolean>;
  sending: boolean;
  /** Why it was not. */
  trouble: string | null;
}

/** Sends an answer. Its id stays the same until the server has said yes or no, so that it is never there twice. */
export function useSend({ summary }: WarningFile, change: (fields: Partial<Draft>) => void, discard: () => void): Sending {
  const texts = useTexts();
  const { message } = App.useApp();
  const queryClient = useQueryClient();
  const [sending, setSending] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);

  const send = useCallback(
    async (draft: Draft) => {
      const id = draft.id ?? uuid();
      const body = requestOf(draft, id, summary.sequence);
      if (body === null) return false;
      if (draft.id === undefined) change({ id });
      setSending(true);
      setTrouble(null);
      try {
        const { data, error } = await api.POST('/warnings/{warning_id}/answers', {
          params: { path: { warning_id: summary.warning_id } },
          body,
        });
        if (data !== undefined) {
          discard();
          const words = { action: texts.word('action', data.request.action), state: texts.word('answerState', data.state) };
          void message.success(texts.t('answer.sent', words));
          void queryClient.invalidateQueries();
          return true;
        }
        const moved = isProblem(error) && (error.code === 'moved' || error.code === 'ended');
        setTrouble(isProblem(error) && error.code === 'moved' ? texts.t('answer.moved') : problemText(error, texts));
        // What was refused is another answer when it is mended; what could not be kept is the same.
        if (isProblem(error) && error.status < 500 && error.status !== 401) change({ id: uuid() });
        if (moved) void queryClient.invalidateQueries({ queryKey: ['get', '/warnings/{warning_id}'] });
      } catch (error) {
        setTrouble(problemText(error, texts));
      } finally {
        setSending(false);
      }
      return false;
    },
    [summary.warning_id, summary.sequence, change, discard, message, queryClient, texts],
  );
  return { send, sending, trouble };
}
