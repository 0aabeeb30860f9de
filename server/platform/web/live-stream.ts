import type { Clock } from '../clock.ts';
import type { LiveEvent } from './live-journal.ts';
import { createStateChanges, isGrid } from './live-states.ts';

/**
 * One page that listens.
 *
 *   idle ──push──> pending ──(at once, or 250 ms after the flush before)──> frames out ──> idle
 *
 * The reader pulls: as long as it has not taken the frames before, everything stays pending, the newest per subject. Past `maxPending`
 * subjects all of them are dropped for one `resync`, so that a slow reader takes no memory.
 *
 * States of executions of a run that a page shows as a grid are gathered apart (`live-states.ts`), and go out in one frame, however many
 * there are.
 */
export type LiveStream = {
  readonly topics: readonly string[];
  push(event: LiveEvent): void;
  /** Tells the page to read everything anew; `id` is where it stands then. */
  resync(id: string): void;
  close(): void;
  /** To be read once. `begin` is called when the reading begins, and what it returns at the end of it, whatever that is. */
  frames(begin: () => () => void): AsyncIterable<string>;
};

export type LiveStreamResources = {
  readonly topics: readonly string[];
  readonly clock: Clock;
  /** the client went away or the server stops */
  readonly signal: AbortSignal;
  /** id of the newest event of all, which a page has seen by being told nothing else */
  readonly position: () => string;
  /** asked about every `heartbeatMs`: a session that was ended or a token that was revoked hears no more */
  readonly stillKnown: () => Promise<boolean>;
};

export const flushMs = 250;
export const heartbeatMs = 15_000;
export const maxPending = 500;
const retryMs = 3000;

export function createLiveStream({ topics, clock, signal, position, stillKnown }: LiveStreamResources): LiveStream {
  const pending = new Map<string, LiveEvent>();
  const states = createStateChanges(topics);
  const others = topics.filter((topic) => !isGrid(topic));
  let resyncAt: string | undefined;
  let closed = false;
  let wake = (): void => {};
  let closeWake = (): void => {};

  function frame(event: LiveEvent): string {
    const data = { event: event.name, topics: event.topics.filter((topic) => topics.includes(topic)), ...event.payload };
    return `id: ${event.id}\ndata: ${JSON.stringify(data)}\n\n`;
  }

  function take(): string {
    const resync = resyncAt === undefined ? '' : `event: resync\nid: ${resyncAt}\ndata: {}\n\n`;
    // states come first and without an id: who is cut off in the middle is told them once more
    const told = states.take();
    const text = resync + told + [...pending.values()].map(frame).join('');
    pending.clear();
    resyncAt = undefined;
    return told === '' ? text : `${text}id: ${position()}\n\n`;
  }

  const isWaiting = (): boolean => pending.size > 0 || states.size() > 0 || resyncAt !== undefined;

  /** Shows that the stream lives. Its id moves the page on; not while something waits that is older. */
  const beat = (): string => `${isWaiting() ? '' : `id: ${position()}\n`}event: here\ndata: {}\n\n`;

  /** Waits for something to send; false after `ms` without. */
  function something(ms: number): Promise<boolean> {
    if (closed || isWaiting()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const cancel = clock.after(ms, () => resolve(false));
      wake = () => {
        cancel();
        resolve(true);
      };
    });
  }

  /** Waits for the next flush; a close ends the waiting. */
  function pause(): Promise<void> {
    if (closed) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = clock.after(flushMs, resolve);
      closeWake = () => {
        cancel();
        resolve();
      };
    });
  }
  async function* read(): AsyncGenerator<string> {
    let checkedAt = clock.monotonic();
    yield `retry: ${retryMs}\n${isWaiting() ? '' : `id: ${position()}\n`}\n`;
    while (!closed) {
      const any = await something(heartbeatMs);
      // a timer may fire a moment early, and silence is as long as it is meant to be
      if (!any || clock.monotonic() - checkedAt >= heartbeatMs) {
        if (!(await stillKnown())) break;
        checkedAt = clock.monotonic();
      }
      if (closed) break;
      yield take() || beat();
      if (any) await pause();
    }
    yield `retry: ${retryMs}\n\n`;
  }

  const stream: LiveStream = {
    topics,
    push(event) {
      if (closed) return;
      if (states.add(event) && !event.topics.some((topic) => others.includes(topic))) {
        if (resyncAt !== undefined) states.clear();
        wake();
        return;
      }
      // an update moves to the end, so that the ids that a page sees only ever rise
      pending.delete(event.subject);
      pending.set(event.subject, event);
      if (resyncAt !== undefined || pending.size > maxPending) {
        pending.clear();
        states.clear();
        resyncAt = event.id;
      }
      wake();
    },
    resync(id) {
      pending.clear();
      states.clear();
      resyncAt = id;
      wake();
    },
    close() {
      closed = true;
      wake();
      closeWake();
    },
    async *frames(begin) {
      const done = begin();
      signal.addEventListener('abort', stream.close, { once: true });
      if (signal.aborted) stream.close();
      try {
        yield* read();
      } finally {
        closed = true;
        signal.removeEventListener('abort', stream.close);
        done();
      }
    },
  };
  return stream;
}
