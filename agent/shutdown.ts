import type { Logger } from 'pino';
import type { HeldAttempts } from './attempts/held-attempts.ts';
import type { Offers } from './attempts/offers.ts';
import type { Running } from './attempts/running.ts';
import type { Clock } from './clock.ts';
import type { Uplink } from './link/uplink.ts';

export type ShutdownResources = {
  /** how long running work may go on */
  readonly drainSeconds: number;
  readonly held: HeldAttempts;
  readonly offers: Offers;
  readonly running: Running;
  readonly uplink: Uplink;
  readonly clock: Clock;
  readonly log: Logger;
  readonly close: () => Promise<void>;
};

/** Longer graces of executions are not waited for: whoever stops the agent (systemd, a person) does not wait for ever. */
const maxGraceSeconds = 10;
/** After the grace, process trees are killed; this long for the operating system to do it. */
const killSeconds = 5;
const deliverySeconds = 2;

/**
 * The end of an agent, in order:
 *
 *   no new work ──> draining ──> ending process trees ──> delivering results ──> closing
 *
 * Results that cannot be delivered in time are in the journal, and are delivered after the next start.
 * @returns what starts it; further calls wait for the same end
 */
export function createShutdown(resources: ShutdownResources): () => Promise<void> {
  const { drainSeconds, held, offers, running, uplink, clock, log, close } = resources;
  let shutdown: Promise<void> | undefined;

  async function run(): Promise<void> {
    log.info({ running: running.count(), drainSeconds }, 'agent_stopping');
    offers.close();
    await within(drainSeconds, running.whenIdle);
    for (const attempt of held.all()) {
      if (attempt.phase === 'ended') continue;
      running.stop(attempt, { why: 'shutdown', graceSeconds: Math.min(attempt.graceSeconds, maxGraceSeconds) });
    }
    await within(maxGraceSeconds + killSeconds, running.whenIdle);
    await within(deliverySeconds, whenDelivered);
    await close();
    log.info('agent_stopped');
  }

  /** Or when it cannot be delivered now. */
  function whenDelivered(callback: () => void): void {
    held.whenEmpty(callback);
    if (!uplink.isUp()) callback();
    uplink.onChange(() => {
      if (!uplink.isUp()) callback();
    });
  }

  function within(seconds: number, when: (callback: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(seconds * 1000, resolve);
      when(() => {
        cancel();
        resolve();
      });
    });
  }

  return () => {
    shutdown ??= run();
    return shutdown;
  };
}
