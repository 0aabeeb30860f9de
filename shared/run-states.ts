import { countsAsError, type ExecutionState, finalStates } from './states.ts';

/** A run's state is derived from the counts of its executions and never stored by hand. */
export const runStates = ['active', 'succeeded', 'failed', 'cancelled', 'expired', 'skipped'] as const;
export type RunState = (typeof runStates)[number];

/** How many executions of a run are in each final state, and how many are not final yet (`open`). */
export type RunCounts = { readonly open: number } & Readonly<Partial<Record<ExecutionState, number>>>;

/** The worst thing that happened names the run: an error before a cancel, a cancel before an expiry, an expiry before success. */
export function runStateOf(counts: RunCounts): RunState {
  if (counts.open > 0) return 'active';
  if (finalStates.some((state) => countsAsError(state) && (counts[state] ?? 0) > 0)) return 'failed';
  if ((counts.cancelled ?? 0) > 0) return 'cancelled';
  if ((counts.expired ?? 0) > 0) return 'expired';
  if ((counts.succeeded ?? 0) > 0) return 'succeeded';
  return 'skipped';
}
