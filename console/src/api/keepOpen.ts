/** So long after it was refused a stream is opened again, each time twice as long, in milliseconds. */
const SHORTEST = 5000;
const LONGEST = 60_000;

/** Keeps a stream of events open. The browser tries again by itself where one broke, but not where one was refused. Gives what closes it. */
export function keepOpen(address: string, hear: (source: EventSource) => void, onRefused: () => void): () => void {
  let pause = SHORTEST;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source = open();

  function open(): EventSource {
    const opened = new EventSource(address);
    opened.addEventListener('open', () => (pause = SHORTEST));
    opened.addEventListener('error', () => {
      if (opened.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(() => {
        onRefused();
        source = open();
      }, pause);
      pause = Math.min(2 * pause, LONGEST);
    });
    hear(opened);
    return opened;
  }

  return () => {
    clearTimeout(timer);
    source.close();
  };
}
