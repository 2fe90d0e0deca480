/** An event in an operator's timeline. */
export interface EventTarget {
  source: string;
  /** As the timeline has it: publisher and the publisher's own number. */
  id: string;
  at: string;
}

/** The address at which an operator's timeline begins with an event. */
export function eventAddress(operatorId: string, event: { source: string; publisher: string; event_id: string; occurred_at: string }): string {
  const query = new URLSearchParams({ source: event.source, event: `${event.publisher}:${event.event_id}`, at: event.occurred_at });
  return `/operators/${encodeURIComponent(operatorId)}?${query.toString()}`;
}

/** The event that an address names. */
export function targetOf(params: URLSearchParams): EventTarget | null {
  const [source, id, at] = ['source', 'event', 'at'].map((name) => params.get(name) ?? '');
  if (source === undefined || id === undefined || at === undefined || !Number.isFinite(Date.parse(at))) return null;
  return { source, id, at };
}
