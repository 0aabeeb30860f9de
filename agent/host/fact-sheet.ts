import type { Logger } from 'pino';
import type { Facts } from '../../shared/metrics.ts';
import type { Clock } from '../clock.ts';
import type { Executor } from '../execution/job.ts';
import type { Uplink } from '../link/uplink.ts';
import { readHostFacts } from './host-facts.ts';

/**
 * Tells the server what is known of this host: at once what is cheap to know, then what a program finds that takes its time. Both are
 * looked up again twice a day, and on a new connection when they are old: they start programs.
 */
export type FactSheet = {
  /** There is a new connection, on which nothing has been told yet. */
  connected(): void;
  stop(): void;
};

const lookEveryMs = 12 * 60 * 60_000;
const maxAgeMs = 10 * 60_000;

export function createFactSheet(resources: {
  readonly executor: Pick<Executor, 'runtimes'>;
  /** all facts; takes seconds, and may fail */
  readonly readAllFacts: (signal: AbortSignal) => Promise<Facts>;
  readonly uplink: Pick<Uplink, 'send'>;
  readonly clock: Clock;
  readonly log: Logger;
}): FactSheet {
  const { executor, readAllFacts, uplink, clock, log } = resources;
  const stopped = new AbortController();
  let all: Facts = {};
  let cheap: { readonly facts: Facts; readonly runtimes: Record<string, string> } | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let told = '';
  let cancelNext = (): void => {};

  /** Sends what is known, unless this connection has carried the same. */
  function tell(): void {
    if (cheap === undefined) return;
    // the cheap ones may be newer
    const message = { type: 'facts', facts: { ...all, ...cheap.facts }, runtimes: cheap.runtimes } as const;
    const text = JSON.stringify(message);
    if (text !== told && uplink.send(message)) told = text;
  }

  async function lookQuickly(): Promise<void> {
    const [facts, runtimes] = await Promise.all([readHostFacts(), executor.runtimes()]);
    cheap = { facts, runtimes };
    tell();
  }

  async function lookClosely(): Promise<void> {
    all = await readAllFacts(stopped.signal);
    tell();
  }

  function look(): void {
    lookedAt = clock.elapsed();
    cancelNext();
    cancelNext = clock.after(lookEveryMs, look);
    lookQuickly().catch((error: unknown) => log.error({ err: error }, 'facts_not_read'));
    lookClosely().catch((error: unknown) => {
      if (!stopped.signal.aborted) log.warn({ err: error }, 'host_facts_not_found');
    });
  }

  return {
    connected() {
      told = '';
      tell();
      if (!stopped.signal.aborted && clock.elapsed() - lookedAt >= maxAgeMs) look();
    },
    stop() {
      cancelNext();
      stopped.abort();
    },
  };
}
