import { useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { useCallback, useState } from 'react';
import { api } from '../../../api/client';
import { useTexts } from '../../../texts/language';
import type { Change } from '../studio';

export type Step = 'propose' | 'withdraw' | 'approve' | 'refuse' | 'rebase';

const PATHS = {
  propose: '/rules/changes/{id}/propose',
  withdraw: '/rules/changes/{id}/withdraw',
  approve: '/rules/changes/{id}/approve',
  refuse: '/rules/changes/{id}/refuse',
  rebase: '/rules/changes/{id}/rebase',
} as const;

export interface Act {
  /** Takes a step with the revision that is on the screen; another one is refused by the server. */
  act: (step: Step, reason?: string, withoutProjection?: string) => Promise<void>;
  acting: boolean;
  error: unknown;
}

/** What is done with a change as a whole. */
export function useAct({ id, revision }: Change): Act {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queryClient = useQueryClient();
  const [acting, setActing] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const act = useCallback(
    async (step: Step, reason?: string, withoutProjection?: string) => {
      setActing(true);
      setError(null);
      try {
        const { data, error: refusal } = await api.POST(PATHS[step], {
          params: { path: { id } },
          body: {
            revision,
            ...(reason === undefined ? {} : { reason }),
            ...(withoutProjection === undefined ? {} : { without_projection: withoutProjection }),
          },
        });
        if (data === undefined) setError(refusal);
        else void message.success(t('change.done', { action: t(`change.${step}`) }));
      } catch (thrown) {
        setError(thrown);
      } finally {
        setActing(false);
        void queryClient.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith('/rules') });
      }
    },
    [id, revision, message, queryClient, t],
  );
  return { act, acting, error };
}
