import type { Schema } from '../../api/client';

export type DeadLetter = Schema<'DeadLetter'>;

/** Refused once, refused for good. */
export const FINAL = 'not_permitted';

export const keyOf = ({ topic, partition, offset }: DeadLetter) => `${topic}/${partition}/${offset}`;

/** Which refused records are listed; the address has them. */
export const FILTERS = ['topic', 'code', 'publisher', 'since'] as const;
export type Filters = Partial<Record<(typeof FILTERS)[number], string>>;
