import { useCallback, useMemo } from 'react';
import { queries } from '../../api/client';
import type { WarningEvent } from '../../api/records';
import { useTexts } from '../../texts/language';
import { postTitles } from './events';

/** What a post is called: by the warning's events, or by the office's list; else its id. */
export function usePostTitle(events: WarningEvent[]): (id: string) => string {
  const { of } = useTexts();
  const { data } = queries.useQuery('get', '/posts');
  const titles = useMemo(() => {
    const known = postTitles(events);
    for (const post of data?.posts ?? []) known.set(post.id, post);
    return known;
  }, [events, data]);
  return useCallback(
    (id: string) => {
      const post = titles.get(id);
      return post === undefined ? id : of(post.title);
    },
    [titles, of],
  );
}
