import { queries } from '../../api/client';
import type { Explanation } from '../../api/records';

/** What the engine says of an operator now; null with an error while it is away. */
export function useExplanation(operatorId: string): { explanation: Explanation | null; error: unknown; ask: () => unknown } {
  const { data, error, refetch } = queries.useQuery(
    'get',
    '/operators/{operator_id}/explanation',
    { params: { path: { operator_id: operatorId } } },
    { retry: false },
  );
  return { explanation: data === undefined ? null : (data as unknown as Explanation), error, ask: refetch };
}
