import type { Schema } from '../../api/client';
import type { Handling, WarningEvent } from '../../api/records';

/** A warning of the contract with its records typed. */
export interface WarningFile extends Omit<Schema<'Warning'>, 'events' | 'handling'> {
  events: WarningEvent[];
  newest: WarningEvent | undefined;
  handling: Handling | null;
}

/** The contract hands records through as they are; their schema is `schemas/warnings.schema.json`. */
export function typed(warning: Schema<'Warning'>): WarningFile {
  const events = warning.events as unknown as WarningEvent[];
  return { ...warning, events, newest: events.at(-1), handling: warning.handling as unknown as Handling | null };
}

/** What one event changed against the one before; null where nothing did. */
export interface Change {
  event: WarningEvent;
  score: { from: number; to: number } | null;
  due: { from: string | null; to: string } | null;
  post: { from: Schema<'Post'>; to: Schema<'Post'> } | null;
  state: { from: Schema<'HandlingState'>; to: Schema<'HandlingState'> } | null;
  found: WarningEvent['findings'];
  gone: WarningEvent['findings'];
}

function missing(findings: WarningEvent['findings'], among: WarningEvent['findings']): WarningEvent['findings'] {
  const rules = new Set(among.map(({ rule }) => rule));
  return findings.filter(({ rule }) => !rules.has(rule));
}

function changeOf(event: WarningEvent, before: WarningEvent | undefined): Change {
  const [was, is] = [before?.handling, event.handling];
  return {
    event,
    score: before !== undefined && before.score !== event.score ? { from: before.score, to: event.score } : null,
    due: event.due_at !== null && event.due_at !== before?.due_at ? { from: before?.due_at ?? null, to: event.due_at } : null,
    post: was !== undefined && is !== undefined && was.assignee.id !== is.assignee.id ? { from: was.assignee, to: is.assignee } : null,
    state: was !== undefined && is !== undefined && was.state !== is.state ? { from: was.state, to: is.state } : null,
    found: missing(event.findings, before?.findings ?? []),
    gone: missing(before?.findings ?? [], event.findings),
  };
}

/** What each event changed, the newest first. */
export function changes(events: WarningEvent[]): Change[] {
  return events.map((event, index) => changeOf(event, events[index - 1])).reverse();
}

/** Titles of the posts that the warning's own events name. */
export function postTitles(events: WarningEvent[]): Map<string, Schema<'Post'>> {
  const titles = new Map<string, Schema<'Post'>>();
  for (const { handling } of events) {
    if (handling === undefined) continue;
    const posts = [handling.assignee, ...(handling.ladder ?? []), ...(handling.passed ?? []), ...(handling.copies ?? [])];
    for (const post of posts) titles.set(post.id, post);
  }
  return titles;
}
