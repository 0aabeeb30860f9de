import type { Logger } from 'pino';
import type { AgentMessageOf } from '../../shared/protocol.ts';
import type { Clock } from '../clock.ts';
import type { Journal } from '../journal/journal.ts';
import type { HeldAttempts } from './held-attempts.ts';
import { waitingBytes } from './waiting-bytes.ts';

/**
 * Whether this host has room for more work. What was accepted must be brought to its end and its result kept until the server has it, so
 * the agent says no early: while the disk is nearly full or the journal cannot be written, and while too much waits for a server that is
 * slow or away, and before it gives way to another version of itself. It says yes again by itself. Work that runs may still write its output, up to its own limit.
 */
export type Admission = {
  /** why nothing new is taken now */
  obstacle(): Obstacle | undefined;
};

export type Obstacle = readonly [
  reason: Extract<AgentMessageOf<'decline'>['reason'], 'disk_full' | 'outbox_full' | 'stopping'>,
  message: string,
];

export type AdmissionResources = {
  readonly held: Pick<HeldAttempts, 'all' | 'size'>;
  readonly journal: Pick<Journal, 'trouble'>;
  /** of the agent, on the disk that `freeDiskBytes` is about */
  readonly folder: string;
  readonly freeDiskBytes: () => number;
  readonly minFreeBytes: number;
  /** what may wait on disk for the server */
  readonly outboxBytes: number;
  /** a sentence why the agent is about to be replaced and takes nothing more; undefined: it is not */
  readonly leaving?: () => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
};

/** Results are kept in memory too, until they are acknowledged. */
const maxResultBytes = 64 * 1024 * 1024;
/** With thousands of attempts, adding them up for each of thousands of offers would cost more than the offers: then the sum may be old. */
const manyAttempts = 100;
const maxSumAgeMs = 100;

export function createAdmission(resources: AdmissionResources): Admission {
  const { held, journal, folder, freeDiskBytes, minFreeBytes, outboxBytes, leaving, clock, log } = resources;
  let told: string | undefined;
  let sum = { results: 0, output: 0 };
  let summedAt = Number.NEGATIVE_INFINITY;

  function waiting(): typeof sum {
    if (held.size() > manyAttempts && clock.monotonic() - summedAt < maxSumAgeMs) return sum;
    sum = waitingBytes(held.all());
    summedAt = clock.monotonic();
    return sum;
  }

  function find(): Obstacle | undefined {
    const why = leaving?.();
    if (why !== undefined) return ['stopping', why];
    const trouble = journal.trouble();
    if (trouble !== undefined) return ['disk_full', trouble];
    const free = freeDiskBytes();
    if (free < minFreeBytes)
      return ['disk_full', `The disk of ${folder} has ${free} bytes free; the agent takes no work below ${minFreeBytes}.`];
    const { results, output } = waiting();
    if (results + output >= outboxBytes)
      return ['outbox_full', `${results + output} bytes of output and results wait for the server; at most ${outboxBytes} may.`];
    if (results >= maxResultBytes)
      return ['outbox_full', `${results} bytes of results wait for the server; at most ${maxResultBytes} may.`];
    return undefined;
  }

  return {
    obstacle() {
      const obstacle = find();
      // once per change, not once per offer
      if (obstacle?.[0] !== told) {
        if (obstacle === undefined) log.info('takes_work_again');
        else log.warn({ reason: obstacle[0], why: obstacle[1] }, 'takes_no_work');
      }
      told = obstacle?.[0];
      return obstacle;
    },
  };
}
