import type { ReasonCode } from '../../shared/reasons.ts';
import type { ExecutionState } from '../../shared/states.ts';
import type { Random } from './random.ts';

/** How an execution ended, and what it printed. */
export type Outcome = {
  readonly state: ExecutionState;
  readonly reason: ReasonCode;
  readonly exitCode: number | null;
  readonly message: string | null;
  /** it ran, so that it has times, output and an attempt */
  readonly started: boolean;
};

const outcomes: readonly (readonly [Outcome, number])[] = [
  [{ state: 'succeeded', reason: 'finished', exitCode: 0, message: null, started: true }, 0],
  [{ state: 'failed', reason: 'exit_code', exitCode: 1, message: 'The program ended with exit code 1.', started: true }, 28],
  [{ state: 'failed', reason: 'exit_code', exitCode: 127, message: 'The program ended with exit code 127.', started: true }, 6],
  [
    { state: 'timed_out', reason: 'time_limit', exitCode: null, message: 'It ran longer than 1h and was ended.', started: true },
    5,
  ],
  [{ state: 'cancelled', reason: 'cancel_requested', exitCode: null, message: null, started: true }, 5],
  [{ state: 'lost', reason: 'given_up', exitCode: null, message: null, started: true }, 2],
  [{ state: 'expired', reason: 'expired', exitCode: null, message: null, started: false }, 8],
  [{ state: 'skipped', reason: 'if_offline', exitCode: null, message: null, started: false }, 4],
  [{ state: 'rejected', reason: 'platform_unsupported', exitCode: null, message: null, started: false }, 2],
];
const good = (outcomes[0] as readonly [Outcome, number])[0];
const bad = outcomes.slice(1);

/** Most runs are well on every host: errors come together, as they do. */
export const outcomesOf = (random: Random): (() => Outcome) =>
  random.next() < 0.7 ? () => good : () => (random.next() < 0.88 ? good : random.weighted(bad));

const words = ['ok', 'done', 'up to date', 'nothing to do', 'unchanged'] as const;

/** A line or several, alike on most hosts. */
export function outputOf(outcome: Outcome, hostName: string, random: Random): string {
  if (outcome.exitCode === 127) return '/bin/sh: 1: logrotate: not found\n';
  if (outcome.state === 'failed') return `checking ${hostName}\nerror: connection to upstream refused (111)\n`;
  if (random.next() < 0.6) return `${words[0]}\n`;
  const lines = random.between(1, 6);
  return Array.from({ length: lines }, (_, line) => `step ${line + 1} of ${lines}: ${random.pick(words)}\n`).join('');
}
