import type { ExecutionState } from './states.ts';

/** One letter for each state, where many of them are told at once. */
const letterOf = {
  queued: 'q', offered: 'o', running: 'r', unknown: 'u', cancelling: 'g', succeeded: 's', failed: 'f', timed_out: 't', cancelled: 'c', expired: 'e',
  skipped: 'k', rejected: 'j', lost: 'l',
} as const satisfies Record<ExecutionState, string>; // biome-ignore format: a table

export const letterOfState = (state: ExecutionState): string => letterOf[state];

/** state by letter */
export const stateLetters = Object.fromEntries(Object.entries(letterOf).map(([state, letter]) => [letter, state])) as Readonly<
  Record<string, ExecutionState>
>;
