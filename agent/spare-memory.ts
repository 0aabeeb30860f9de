import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from './clock.ts';

/**
 * Gives memory back that a burst of work left: V8 collects when it needs room, and an agent that has nothing to do needs none for hours. Right
 * after the first start, in which all plugins are fetched, that is 14 MB.
 */
export type SpareMemory = {
  /** Something was done that takes memory for a while. */
  wasUsed(): void;
  stop(): void;
};

export type SpareMemoryResources = {
  /** nothing is under way that would use at once what was given back */
  readonly isIdle: () => boolean;
  readonly collect: () => void;
  readonly clock: Clock;
};

const quietMs = 5_000;
/** A collection takes 0.1 s of the processor: work that comes all the time is not to pay for it all the time. */
const restMs = 2 * 60_000;

export function createSpareMemory({ isIdle, collect, clock }: SpareMemoryResources): SpareMemory {
  let cancel: (() => void) | undefined;
  let isStopped = false;
  let restsUntil = Number.NEGATIVE_INFINITY;

  function collectIfIdle(): void {
    cancel = undefined;
    // the end of what is still under way tells of itself
    if (!isIdle()) return;
    restsUntil = clock.monotonic() + restMs;
    collect();
  }

  return {
    wasUsed() {
      cancel?.();
      if (isStopped) return;
      cancel = clock.after(Math.max(quietMs, restsUntil - clock.monotonic()), collectIfIdle);
    },
    stop() {
      isStopped = true;
      cancel?.();
      cancel = undefined;
    },
  };
}

/** Collects all that nobody refers to any more, and the compiled form of functions that did not run for a while. */
export function collectGarbage(): void {
  // V8 hands out its collector to new global objects only, and only while this is set. That object goes with the next collection
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}
