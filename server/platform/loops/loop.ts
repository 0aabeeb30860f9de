import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';

/**
 * Work that is done again and again, one run at a time.
 *
 *   waiting ──(time, or wake)──> running ──(ok)──────> waiting for `everyMs`; or due at once, if it was woken meanwhile
 *      ^                            └──(threw)──> backing off ──> running
 *      └────────────────────────────────────────────────┘
 *
 * An error ends the run, never the loop: it is logged, and the next run comes after a back-off that doubles with each failure in a row.
 * During it a wake is remembered and not obeyed, so that a broken disk is not hammered by whatever happens meanwhile.
 */
export type Loop = {
  /** Asks for a run soon. Many calls of one turn are one run; a call during a run makes one more after it. */
  wake(): void;
  /** No further runs; resolves when the one under way is over. May be called twice. */
  stop(): Promise<void>;
};

export type LoopOptions = {
  readonly name: string;
  readonly clock: Clock;
  /** from the end of a run to the start of the next, and from the creation to the first; null: only when woken */
  readonly everyMs: number | null;
  /** spreads the runs of many: up to this share of `everyMs` is added, as `random` (0 to 1) says */
  readonly jitter?: { readonly share: number; readonly random: () => number };
  /** @param signal aborted by `stop`, for runs that can end early */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly log: Pick<Logger, 'error'>;
};

const firstBackOffMs = 1000;
const longestBackOffMs = 30_000;

export function createLoop({ name, clock, everyMs, jitter, run, log }: LoopOptions): Loop {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let woken = false;
  let failures = 0;
  let cancelWait: () => void = () => undefined;

  function wait(): void {
    cancelWait();
    if (stopping.signal.aborted) return;
    if (failures > 0) cancelWait = clock.after(backOffMs(failures, everyMs), begin);
    else if (woken) cancelWait = nextTurn(begin);
    else if (everyMs !== null)
      cancelWait = clock.after(everyMs * (1 + (jitter === undefined ? 0 : jitter.share * jitter.random())), begin);
  }

  function begin(): void {
    cancelWait();
    woken = false;
    running = runOnce().then(() => {
      running = undefined;
      wait();
    });
  }

  async function runOnce(): Promise<void> {
    try {
      await run(stopping.signal);
      failures = 0;
    } catch (error) {
      // what a run throws because it was told to stop is no failure
      if (stopping.signal.aborted) return;
      failures += 1;
      log.error({ err: error, loop: name, failures, nextRunInMs: backOffMs(failures, everyMs) }, 'a run of a loop failed');
    }
  }

  wait();
  return {
    wake() {
      if (woken) return;
      woken = true;
      if (running === undefined && failures === 0) wait();
    },
    async stop() {
      stopping.abort();
      cancelWait();
      await running;
    },
  };
}

/** Never sooner than the loop runs anyway, if that is under a second; a loop that runs rarely tries again long before its next time. */
export function backOffMs(failures: number, everyMs: number | null): number {
  const first = Math.min(everyMs ?? firstBackOffMs, firstBackOffMs);
  return Math.min(first * 2 ** (failures - 1), Math.max(everyMs ?? 0, longestBackOffMs));
}

function nextTurn(callback: () => void): () => void {
  const immediate = setImmediate(callback);
  return () => clearImmediate(immediate);
}
