import type { Policy } from '../../../shared/api/tasks.ts';
import type { AttemptOutcome, ExecutionState } from '../../../shared/states.ts';

/** What follows the end of an attempt: the end of its execution, or another attempt after a back-off. */
export type Decision =
  | { readonly kind: 'final'; readonly state: ExecutionState }
  | { readonly kind: 'retry'; readonly notBefore: number };

export type EndedAttempt = {
  readonly outcome: AttemptOutcome;
  /** retries used so far */
  readonly retries: number;
  /** a cancel was asked for: whatever the outcome, nothing is started again */
  readonly cancelling: boolean;
};

/** A `lost` attempt is retried only where the task says `idempotent`: nobody knows whether its work happened. */
export function decideAfterAttempt(ended: EndedAttempt, policy: Policy, now: number, random: () => number): Decision {
  const { outcome } = ended;
  const retryable =
    !ended.cancelling &&
    (outcome === 'failed' || outcome === 'timed_out' || (outcome === 'lost' && policy.idempotent)) &&
    policy.retries.on.includes(outcome) &&
    ended.retries < policy.retries.count;
  return retryable
    ? { kind: 'retry', notBefore: now + retryDelayMs(ended.retries, policy.retries, random) }
    : { kind: 'final', state: outcome };
}

/** Exponential back-off with a cap; `jitter` is the share of the delay that is drawn at random, so that hosts do not return as one. */
export function retryDelayMs(retriesUsed: number, retries: Policy['retries'], random: () => number): number {
  const full = Math.min(retries.delaySeconds * retries.factor ** retriesUsed, retries.capSeconds) * 1000;
  return Math.round(full * (1 - retries.jitter) + full * retries.jitter * random());
}
