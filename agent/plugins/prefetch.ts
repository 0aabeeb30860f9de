import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Uplink } from '../link/uplink.ts';
import type { PluginCache } from './plugin-cache.ts';
import type { TrustedCatalogue } from './trusted-catalogue.ts';

/**
 * Brings every current plugin to this host before it is needed, one after another, and tells the server which are here. What could not
 * be fetched is tried again after a while; an offer that needs it does not wait for that.
 */
export type Prefetch = {
  /** The catalogue may have changed, or the connection is new. */
  wake(): void;
  stop(): void;
};

export type PrefetchResources = {
  readonly catalogue: TrustedCatalogue;
  readonly cache: PluginCache;
  readonly isUsed: (sha256: string) => boolean;
  /** it has brought what it could, for now */
  readonly onFetched: () => void;
  readonly uplink: Uplink;
  readonly clock: Clock;
  readonly log: Logger;
};

const againAfterMs = 15_000;
const reportAfterMs = 100;

export function createPrefetch({ catalogue, cache, isUsed, onFetched, uplink, clock, log }: PrefetchResources): Prefetch {
  let isRunning = false;
  let isAskedAgain = false;
  let isStopped = false;
  let cancelReport: (() => void) | undefined;
  let cancelAgain: (() => void) | undefined;

  async function run(): Promise<void> {
    isRunning = true;
    do {
      isAskedAgain = false;
      cache.prune(isUsed);
      report();
      const isComplete = await fetchMissing();
      if (!isComplete) againLater();
    } while (isAskedAgain && !isStopped);
    isRunning = false;
    if (!isStopped) onFetched();
  }

  async function fetchMissing(): Promise<boolean> {
    let isComplete = true;
    for (const entry of catalogue.current()) {
      if (isStopped || !uplink.isUp()) return true;
      if (cache.isOnDisk(entry)) continue;
      try {
        await cache.obtain(entry.name, entry.sha256);
      } catch (error) {
        isComplete = false;
        log.warn({ err: error, plugin: entry.name }, 'plugin_not_fetched');
      }
    }
    return isComplete;
  }

  function againLater(): void {
    cancelAgain?.();
    if (!isStopped) cancelAgain = clock.after(againAfterMs, wake);
  }

  function wake(): void {
    cancelAgain?.();
    cancelAgain = undefined;
    isAskedAgain = true;
    if (isRunning || isStopped) return;
    run().catch((error: unknown) => {
      isRunning = false;
      log.error({ err: error }, 'plugins_not_fetched');
      againLater();
    });
  }

  /** Many bundles may come at once: one report tells of all. */
  function reportSoon(): void {
    if (isStopped) return;
    cancelReport ??= clock.after(reportAfterMs, () => {
      cancelReport = undefined;
      report();
    });
  }

  function report(): void {
    uplink.send({ type: 'plugins_held', held: cache.held().slice(0, 10_000) });
  }

  cache.onChange(reportSoon);

  return {
    wake,
    stop() {
      isStopped = true;
      cancelAgain?.();
      cancelReport?.();
    },
  };
}
