import type { Clock } from '../../server/platform/clock.ts';

export type FakeClock = Clock & {
  /**
   * Moves the time on and fires what becomes due, in the order of due times (of equal ones: as they were set). Between two timers, what
   * they started gets to run until it waits for something outside (a socket, a file, another timer), so that a timer that it sets within
   * the span fires too.
   */
  advance(ms: number): Promise<void>;
  /** Moves the time without firing anything, as a wall clock that is set does; timers stay due as long from now as they were. */
  set(now: number): void;
  /** The process stands still for this long (SIGSTOP, a debugger): the time goes on, and no timer fires before the next `advance`. */
  stall(ms: number): void;
  /** The host sleeps for this long: the wall clock and `elapsed` go on, `monotonic` and the timers stand still. */
  suspend(ms: number): void;
  /** as `monotonic`, but it goes on while the host sleeps */
  elapsed(): number;
  /** how many timers are set */
  pending(): number;
};

type Timer = { due: number; readonly callback: () => void };

export const startOfTests = Date.UTC(2026, 0, 5, 12, 0, 0);

export function createFakeClock(start: number = startOfTests): FakeClock {
  let now = start;
  /** how far `now` was set beside the time that passed */
  let offset = start;
  let slept = 0;
  // a set keeps the order in which they were set
  const timers = new Set<Timer>();

  const nextUntil = (end: number): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) if (timer.due <= end && (first === undefined || timer.due < first.due)) first = timer;
    return first;
  };

  return {
    now: () => now,
    monotonic: () => now - offset,
    elapsed: () => now - offset + slept,
    after(ms, callback) {
      const timer = { due: now + Math.max(0, ms), callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        timers.delete(timer);
        now = Math.max(now, timer.due);
        timer.callback();
        await settle();
      }
      now = end;
    },
    set(moment) {
      for (const timer of timers) timer.due += moment - now;
      offset += moment - now;
      now = moment;
    },
    stall(ms) {
      now += ms;
    },
    suspend(ms) {
      slept += ms;
      this.set(now + ms);
    },
    pending: () => timers.size,
  };
}

/** More turns of the event loop than a group of database writes is gathered for, and some for what follows it. */
const turnsToSettle = 16;

async function settle(): Promise<void> {
  for (let turn = 0; turn < turnsToSettle; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
