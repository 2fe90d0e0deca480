/**
 * The records of the engine, as far as pages read them; `schemas/warnings.schema.json` and `schemas/scores.schema.json` say all.
 * The contract hands them through as they are.
 */
import type { Schema } from './client';

export type Level = Schema<'Level'>;
export type Bilingual = Schema<'Bilingual'>;

export interface Basis {
  law: string;
  article: string;
  confirmed: boolean;
}

export interface Evidence {
  total: number;
  newest: { source: string; publisher: string; event_id: string; occurred_at: string }[];
}

export interface Modifier {
  id: string;
  kind: string;
  title: Bilingual;
  raise?: number;
  points?: number;
  clocks?: number;
}

export interface Finding {
  rule: string;
  family: string;
  title: Bilingual;
  points: number;
  counted: number;
  floor: Level | null;
  disputed?: boolean;
  because: Bilingual;
  basis: Basis[];
  action: Bilingual;
  deadline: string;
  modifiers?: Modifier[];
  evidence?: Record<string, Evidence>;
}

/** A value of a feature; null is unknown. */
export type FeatureValue = number | string | boolean | null;

/** What decided whether a rule fires, and how far it is from turning. */
export interface Comparison {
  text: string;
  holds: boolean;
  left: FeatureValue;
  right?: FeatureValue;
  distance?: number;
}

export interface RuleExplanation {
  rule: string;
  title: Bilingual;
  outcome: 'fired' | 'quiet' | 'failed' | 'not in force';
  points: number;
  counted: number;
  disputed?: boolean;
  reads: Record<string, FeatureValue>;
  decided_by: Comparison[];
  evidence: Record<string, Evidence> | null;
  because: Bilingual | null;
  failure: string | null;
}

export interface LevelChange {
  feature: string;
  title: Bilingual;
  from: FeatureValue;
  to: FeatureValue;
  score: number;
  level: Level;
}

/** What the engine says of an operator now; `titles` are what features are called. */
export interface Explanation extends ScoreRecord {
  rules: RuleExplanation[];
  smallest_changes: { raise: LevelChange | null; lower: LevelChange | null };
  titles: Record<string, Bilingual>;
}

export interface Copy {
  id: string;
  title: Bilingual;
  candidate?: boolean;
}

export interface Receipt {
  post: string | null;
  channel: string | null;
  sequence: number | null;
  at: string;
}

export interface Handling {
  state: Schema<'HandlingState'>;
  since: string;
  assignee: Schema<'Post'>;
  ladder?: Schema<'Post'>[];
  passed?: Schema<'Post'>[];
  copies?: Copy[];
  unrouted?: boolean;
  acknowledge_by?: string | null;
  extension?: { asked: string | null; granted: string | null };
  overdue?: { clock: 'acknowledge' | 'act'; since: string; times: number; next: string | null };
  reopened?: number;
  receipts?: Receipt[];
}

export interface WarningEvent {
  sequence: number;
  step: string;
  cause: string;
  from: Level;
  level: Level;
  as_of: string;
  due_at: string | null;
  due_provisional?: unknown;
  zone?: string;
  text: Bilingual;
  score: number;
  base: number;
  to_next: number | null;
  findings: Finding[];
  floors: { level: Level; rule: string }[];
  coverage: Record<string, string>;
  degraded: string[];
  operator: Record<string, unknown>;
  ruleset: string;
  handling?: Handling;
  disposition?: { answer: { action: string; role?: string; post?: string } | null; attachments?: { uri: string; sha256: string }[] };
}

export interface ScoreRecord extends Pick<
  WarningEvent,
  'score' | 'base' | 'to_next' | 'findings' | 'floors' | 'coverage' | 'degraded' | 'operator' | 'ruleset' | 'as_of' | 'level'
> {
  level_by_score: Level;
}
