/**
 * The one table of execution states: their meaning, their moves, whether they are final and whether they count as an error.
 *
 *   queued ──> offered ──> running ──> succeeded | failed | timed_out | rejected | lost
 *     ^           │          │  ^
 *     │<──────────┘          │  └──────── unknown (the agent fell silent; the truth is on the host)
 *     │<─── a further attempt┘  └──> cancelling ──> cancelled
 *     └──> cancelled | expired | skipped | failed (`ifOffline: fail`)
 *
 * An agent starts an attempt only after the server has recorded its accept and said `start`; that is why an offer that nobody
 * accepted can go back to `queued` without any doubt, and why only started work can become `unknown`.
 */
type StateRow = {
  readonly meaning: string;
  readonly final: boolean;
  readonly countsAsError: boolean;
  /** states that an execution may enter from here */
  readonly next: readonly string[];
};

const table = {
  queued: {
    meaning: 'not yet with an agent; the reason says what it waits for',
    final: false,
    countsAsError: false,
    next: ['offered', 'cancelled', 'expired', 'skipped', 'failed'],
  },
  offered: {
    meaning: 'sent to an agent, lease running; the agent has not been told to start',
    final: false,
    countsAsError: false,
    next: ['queued', 'running', 'rejected', 'cancelled', 'expired'],
  },
  running: {
    meaning: 'accepted and confirmed; the agent journals the attempt on disk, then starts it',
    final: false,
    countsAsError: false,
    next: ['queued', 'unknown', 'cancelling', 'succeeded', 'failed', 'timed_out', 'cancelled', 'rejected', 'lost'],
  },
  unknown: {
    meaning: 'the agent fell silent while it had the work; the truth is on the host',
    final: false,
    countsAsError: false,
    next: ['queued', 'running', 'cancelling', 'succeeded', 'failed', 'timed_out', 'cancelled', 'rejected', 'lost'],
  },
  cancelling: {
    meaning: 'a cancel is on its way; after its deadline it is forced',
    final: false,
    countsAsError: false,
    next: ['cancelled', 'succeeded', 'failed', 'timed_out', 'rejected', 'lost'],
  },
  succeeded: { meaning: 'finished well', final: true, countsAsError: false, next: [] },
  failed: {
    meaning: 'finished badly: non-zero exit, `status: failed`, plugin error',
    final: true,
    countsAsError: true,
    next: [],
  },
  timed_out: { meaning: 'ran past its time limit; its process tree was killed', final: true, countsAsError: true, next: [] },
  cancelled: { meaning: 'stopped on request', final: true, countsAsError: false, next: [] },
  expired: { meaning: 'never reached a host in time (`expiresAfter`)', final: true, countsAsError: false, next: [] },
  skipped: { meaning: 'deliberately not run; the reason says why', final: true, countsAsError: false, next: [] },
  rejected: { meaning: 'the agent refused it; the reason says why', final: true, countsAsError: true, next: [] },
  lost: {
    meaning: 'no answer will come, and whether the work happened cannot be known',
    final: true,
    countsAsError: true,
    next: [],
  },
} as const satisfies Record<string, StateRow>;

export type ExecutionState = keyof typeof table;

export const executionStates = Object.keys(table) as ExecutionState[];
export const openStates = executionStates.filter((state) => !table[state].final);
export const finalStates = executionStates.filter((state) => table[state].final);
/** States in which an agent holds (or may hold) the work, so that it takes one of the agent's slots. */
export const heldStates: readonly ExecutionState[] = ['offered', 'running', 'unknown', 'cancelling'];

export const meaningOf = (state: ExecutionState): string => table[state].meaning;
export const isFinal = (state: ExecutionState): boolean => table[state].final;
export const countsAsError = (state: ExecutionState): boolean => table[state].countsAsError;

export const canMove = (from: ExecutionState, to: ExecutionState): boolean =>
  (table[from].next as readonly ExecutionState[]).includes(to);

/** How an agent may report the end of an attempt. */
export const attemptOutcomes = ['succeeded', 'failed', 'timed_out', 'cancelled', 'rejected', 'lost'] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];
