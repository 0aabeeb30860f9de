import type { Logger } from 'pino';
import type { ServerMessageOf, Verdict } from '../../shared/protocol.ts';
import type { AttemptKey } from '../attempt-key.ts';
import type { Uplink } from '../link/uplink.ts';
import type { DeliveryLoop } from './delivery.ts';
import type { HeldAttempt, HeldAttempts } from './held-attempts.ts';
import type { Offers } from './offers.ts';
import { cancelledBeforeStart, resultOf } from './result.ts';
import type { Running } from './running.ts';

/**
 * What each message of the server about an attempt does here. All of them may come twice, late, or about an attempt that this agent does
 * not know: that is normal, and changes nothing.
 */
export type Attempts = {
  offer(message: ServerMessageOf<'offer'>): void;
  start(message: AttemptKey & Pick<ServerMessageOf<'start'>, 'secrets'>): void;
  stop(message: Pick<ServerMessageOf<'stop'>, 'reason' | 'graceSeconds'> & AttemptKey): void;
  ack(message: AttemptKey): void;
  logAck(message: AttemptKey & { readonly offset: number }): void;
  logFrom(message: AttemptKey & { readonly offset: number }): void;
  /** What the server wants of each attempt that the hello listed. */
  reconcile(verdicts: readonly Verdict[]): void;
  /** The connection ended: what is only offered will not be started. */
  disconnected(): void;
};

export type AttemptsResources = {
  readonly held: HeldAttempts;
  readonly offers: Offers;
  readonly running: Running;
  readonly delivery: DeliveryLoop;
  readonly uplink: Uplink;
  readonly log: Logger;
};

export function createAttempts({ held, offers, running, delivery, uplink, log }: AttemptsResources): Attempts {
  function deliverAgain(attempt: HeldAttempt): void {
    delivery.resumeFrom(attempt, attempt.delivery.acknowledged);
  }

  /** Nothing of it ever ran here, or the server has its end: so a cancel of it is at its goal. */
  function answerStopOfUnknown(key: AttemptKey): void {
    uplink.send(resultOf(key, cancelledBeforeStart, { logSize: 0, cutBytes: 0 }));
  }

  /** The ledger has given it up: it ends, and leaves no result. */
  function abandon(attempt: HeldAttempt): void {
    if (attempt.phase === 'ended') {
      running.forget(attempt);
      return;
    }
    attempt.isUnwanted = true;
    running.stop(attempt, { why: 'given_up', graceSeconds: attempt.graceSeconds });
  }

  return {
    offer(message) {
      // instant: offer-received
      const attempt = held.get(message);
      if (attempt?.phase === 'ended') deliverAgain(attempt);
      else if (held.isPast(message)) log.debug({ execution: message.execution, attempt: message.attempt }, 'offer_is_late');
      else offers.offer(message);
    },
    start(message) {
      // instant: start-received
      if (held.isPast(message)) return;
      const accepted = offers.take(message);
      if (accepted !== undefined) running.start(accepted.offer, accepted.bundle, message.secrets ?? {});
      else log.warn({ execution: message.execution, attempt: message.attempt }, 'start_without_offer');
    },
    stop({ execution, attempt, reason, graceSeconds }) {
      const key = { execution, attempt };
      const known = held.get(key);
      if (known?.phase === 'ended') deliverAgain(known);
      else if (known !== undefined) running.stop(known, { why: reason, graceSeconds });
      else if (!offers.stop(key) && reason === 'cancel' && !held.isPast(key)) answerStopOfUnknown(key);
    },
    ack(message) {
      // instant: ack-received
      const attempt = held.get(message);
      if (attempt?.phase === 'ended') running.forget(attempt);
    },
    logAck(message) {
      const attempt = held.get(message);
      if (attempt !== undefined) delivery.acknowledged(attempt, message.offset);
    },
    logFrom(message) {
      const attempt = held.get(message);
      if (attempt !== undefined) delivery.resumeFrom(attempt, message.offset);
    },
    reconcile(verdicts) {
      for (const { verdict, logFrom, ...key } of verdicts) {
        const attempt = held.get(key);
        if (attempt === undefined) continue;
        if (verdict === 'keep' || verdict === 'deliver') delivery.resumeFrom(attempt, logFrom);
        else abandon(attempt);
      }
    },
    disconnected: () => offers.dropAll(),
  };
}
