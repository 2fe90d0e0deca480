import type { RuleExplanation } from '../../api/records';

/** A number without the tail of its binary fraction. */
export function numberText(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

/** How far a rule is from firing, as a share of what it asks for; a rule that does not say so in numbers is furthest. */
function remoteness({ outcome, decided_by: comparisons }: RuleExplanation): number {
  if (outcome !== 'quiet') return Number.POSITIVE_INFINITY;
  const shares = comparisons.map(({ distance, right }) =>
    distance === undefined || typeof right !== 'number' ? Number.POSITIVE_INFINITY : distance / Math.max(Math.abs(right), 1),
  );
  return shares.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...shares);
}

/** The nearest to firing first; equal ones stay as they are. */
export function byNearness(left: RuleExplanation, right: RuleExplanation): number {
  const [mine, theirs] = [remoteness(left), remoteness(right)];
  return mine === theirs ? 0 : mine - theirs;
}
