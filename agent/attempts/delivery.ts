import type { Logger } from 'pino';
import { logWindowBytes } from '../../shared/protocol.ts';
import type { Clock } from '../clock.ts';
import type { Uplink } from '../link/uplink.ts';
import type { HeldAttempt } from './held-attempts.ts';

/**
 * Brings output, progress and results to the server: per attempt first the output, in order and at most a window ahead of what the
 * server acknowledged, then the result. Nothing is waited for and nothing is lost: what was sent on a connection that ended is sent again
 * from where the server says.
 */
export type DeliveryLoop = {
  /** There is more to deliver of it: output, or its end. */
  wake(attempt: HeldAttempt): void;
  /** Starts over at this offset, on a new connection or because the server saw a gap. */
  resumeFrom(attempt: HeldAttempt, offset: number): void;
  acknowledged(attempt: HeldAttempt, offset: number): void;
  progress(attempt: HeldAttempt, fraction: number, text: string): void;
  /** The program should not be read for now: the server is far behind with what it has written. */
  isFull(attempt: HeldAttempt): boolean;
  onDrain(attempt: HeldAttempt, callback: () => void): void;
  /** It is gone: nothing more of it is sent. */
  drop(attempt: HeldAttempt): void;
  close(): void;
};

/** Output on disk that waits for the server before its program is made to wait too. Without a connection programs never wait. */
const backlogBytes = 8 * 1024 * 1024;
/** Messages of one attempt before the next has its turn. */
const turn = 4;
const progressEveryMs = 100;

export function createDeliveryLoop({
  uplink,
  clock,
  log,
}: {
  readonly uplink: Uplink;
  readonly clock: Clock;
  readonly log: Logger;
}): DeliveryLoop {
  const awake = new Set<HeldAttempt>();
  /** attempts whose programs wait */
  const blocked = new Set<HeldAttempt>();
  const latestProgress = new Map<HeldAttempt, { fraction: number; text: string }>();
  let isScheduled = false;
  let cancelProgress: (() => void) | undefined;

  function schedule(): void {
    if (isScheduled || !uplink.isUp()) return;
    isScheduled = true;
    setImmediate(deliver);
  }

  function deliver(): void {
    isScheduled = false;
    // an attempt that has more moves to the end of the set, so that this loop comes round to it again
    for (const attempt of awake) {
      if (!uplink.hasRoom()) return;
      awake.delete(attempt);
      if (deliverSome(attempt)) awake.add(attempt);
    }
  }

  /** @returns whether it has more that may be sent now */
  function deliverSome(attempt: HeldAttempt): boolean {
    const { spool, delivery } = attempt;
    for (let messages = 0; delivery.sent < spool.end(); messages += 1) {
      if (delivery.sent - delivery.acknowledged >= logWindowBytes) return false;
      if (messages === turn) return true;
      if (!sendChunk(attempt)) return false;
    }
    if (attempt.result !== undefined && !delivery.isResultSent) {
      delivery.isResultSent = uplink.send(attempt.result);
      spool.rest();
    }
    return false;
  }

  function sendChunk({ execution, attempt, spool, delivery }: HeldAttempt): boolean {
    const offset = delivery.sent;
    const chunk = readChunk();
    if (chunk === undefined) return false;
    const { stream, at, bytes } = chunk;
    if (!uplink.send({ type: 'log', execution, attempt, offset, stream, at, text: bytes.toString('utf8') })) return false;
    delivery.sent += bytes.length;
    return true;

    function readChunk(): ReturnType<typeof spool.read> {
      try {
        return spool.read(offset);
      } catch (error) {
        // a disk that fails must not end the agent; the next connection tries again
        log.error({ err: error, execution, attempt }, 'output_not_read');
        return undefined;
      }
    }
  }

  function drainIfRoom(attempt: HeldAttempt): void {
    if (isFull(attempt)) return;
    blocked.delete(attempt);
    for (const callback of attempt.delivery.waitingForDrain.splice(0)) callback();
  }

  const isFull = ({ phase, spool, delivery }: HeldAttempt): boolean =>
    phase !== 'ended' && uplink.isUp() && spool.end() - delivery.acknowledged > backlogBytes;

  function sendProgress(): void {
    cancelProgress = undefined;
    for (const [{ execution, attempt, phase }, { fraction, text }] of latestProgress) {
      if (phase === 'running') uplink.send({ type: 'progress', execution, attempt, fraction, text });
    }
    latestProgress.clear();
  }

  uplink.onChange(() => {
    if (uplink.isUp()) return schedule();
    for (const attempt of blocked) drainIfRoom(attempt);
  });

  return {
    wake(attempt) {
      awake.add(attempt);
      schedule();
    },
    resumeFrom(attempt, offset) {
      const { delivery, spool } = attempt;
      delivery.acknowledged = Math.max(offset, spool.logFrom);
      delivery.sent = Math.min(delivery.acknowledged, spool.end());
      delivery.isResultSent = false;
      drainIfRoom(attempt);
      awake.add(attempt);
      schedule();
    },
    acknowledged(attempt, offset) {
      attempt.delivery.acknowledged = Math.max(attempt.delivery.acknowledged, offset);
      drainIfRoom(attempt);
      if (attempt.delivery.sent < attempt.spool.end()) {
        awake.add(attempt);
        schedule();
      }
    },
    progress(attempt, fraction, text) {
      if (!Number.isFinite(fraction)) return;
      latestProgress.set(attempt, { fraction: Math.min(1, Math.max(0, fraction)), text: text.slice(0, 1024).toWellFormed() });
      cancelProgress ??= clock.after(progressEveryMs, sendProgress);
    },
    isFull,
    onDrain(attempt, callback) {
      attempt.delivery.waitingForDrain.push(callback);
      blocked.add(attempt);
      drainIfRoom(attempt);
    },
    drop(attempt) {
      awake.delete(attempt);
      latestProgress.delete(attempt);
      blocked.delete(attempt);
    },
    close() {
      cancelProgress?.();
      awake.clear();
    },
  };
}
