import type { Query, QueryClient } from '@tanstack/react-query';

/** What is loaded for the first time and will be asked for again. */
const early = new WeakSet<Query>();

/**
 * Asks again for what may be old. What is just being loaded for the first time is asked for once more when it has come: its answer may
 * be from before, and a load that begins anew at each change might never end.
 */
export function askAgain(queryClient: QueryClient, isOld: (query: Query) => boolean = () => true) {
  for (const query of queryClient.getQueryCache().findAll({ predicate: isOld, fetchStatus: 'fetching' })) {
    if (query.state.data !== undefined || early.has(query)) continue;
    early.add(query);
    query
      .fetch()
      .then(() => queryClient.invalidateQueries({ queryKey: query.queryKey, exact: true }))
      // What could not be loaded says so itself.
      .catch(() => undefined)
      .finally(() => early.delete(query));
  }
  void queryClient.invalidateQueries({ predicate: isOld });
}
