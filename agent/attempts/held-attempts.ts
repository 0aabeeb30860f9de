import type { JournalEntry, ResultMessage } from '../../shared/protocol.ts';
import { type AttemptKey, keyOf } from '../attempt-key.ts';
import type { RunningJob } from '../execution/job.ts';
import type { Spool } from '../spool/spool.ts';

/**
 * An attempt that the journal holds.
 *
 *   starting ──> running ──> ended ──> (acknowledged, forgotten)
 *      │  journal on disk      ^
 *      └── it cannot be ───────┘  nothing ran
 */
export type HeldAttempt = AttemptKey & {
  phase: 'starting' | 'running' | 'ended';
  readonly spool: Spool;
  job: RunningJob | undefined;
  /** set once it has ended */
  result: ResultMessage | undefined;
  /** the first wish to end it, which counts */
  stopWish: StopWish | undefined;
  /** the ledger has given it up: it is forgotten when it ends, without a result */
  isUnwanted: boolean;
  readonly graceSeconds: number;
  /** of the bundle that it runs; undefined after a restart */
  readonly sha256: string | undefined;
  readonly delivery: Delivery;
};

export type StopWish = { readonly why: 'cancel' | 'given_up' | 'shutdown'; readonly graceSeconds: number };

/** How much of its output and result went out on the present connection. */
export type Delivery = { sent: number; acknowledged: number; isResultSent: boolean; waitingForDrain: (() => void)[] };

/** All attempts that the journal holds, and the fence against messages about earlier ones. */
export type HeldAttempts = {
  readonly size: () => number;
  all(): Iterable<HeldAttempt>;
  get(key: AttemptKey): HeldAttempt | undefined;
  add(attempt: HeldAttempt): void;
  remove(attempt: HeldAttempt): void;
  /** true if this attempt was held already, or a later one of the same execution is or was: it must not be started */
  isPast(key: AttemptKey): boolean;
  /** true while an earlier attempt of this execution has not ended: two of them must not run at the same time */
  hasEarlierRunning(key: AttemptKey): boolean;
  /** Calls back once, when there is none: the server has acknowledged everything. */
  whenEmpty(callback: () => void): void;
  /** as the hello lists them */
  entries(): JournalEntry[];
};

/** How many executions are remembered after their end: a late message about one of them is recognised. */
const rememberedEnds = 4096;

export function createHeldAttempts(): HeldAttempts {
  const held = new Map<string, HeldAttempt>();
  /** the latest attempt of each execution that is held, or was not long ago */
  const latest = new Map<string, number>();
  let emptyCallbacks: (() => void)[] = [];

  function forgetOldest(): void {
    for (const [execution, attempt] of latest) {
      if (latest.size <= held.size + rememberedEnds) return;
      latest.delete(execution);
      if (held.has(keyOf({ execution, attempt }))) latest.set(execution, attempt);
    }
  }

  function remember({ execution, attempt }: AttemptKey): void {
    const known = latest.get(execution) ?? 0;
    latest.delete(execution);
    latest.set(execution, Math.max(known, attempt));
    forgetOldest();
  }

  return {
    size: () => held.size,
    all: () => held.values(),
    get: (key) => held.get(keyOf(key)),
    add(attempt) {
      held.set(keyOf(attempt), attempt);
      remember(attempt);
    },
    remove(attempt) {
      held.delete(keyOf(attempt));
      remember(attempt);
      if (held.size > 0) return;
      const callbacks = emptyCallbacks;
      emptyCallbacks = [];
      for (const callback of callbacks) callback();
    },
    hasEarlierRunning({ execution }) {
      const earlier = held.get(keyOf({ execution, attempt: latest.get(execution) ?? 0 }));
      return earlier !== undefined && earlier.phase !== 'ended';
    },
    whenEmpty(callback) {
      if (held.size === 0) callback();
      else emptyCallbacks.push(callback);
    },
    isPast: (key) => held.has(keyOf(key)) || (latest.get(key.execution) ?? 0) >= key.attempt,
    entries: () =>
      [...held.values()].map(({ execution, attempt, phase, spool }) => ({
        execution,
        attempt,
        state: phase === 'ended' ? 'ended' : 'running',
        logSize: spool.end(),
      })),
  };
}
