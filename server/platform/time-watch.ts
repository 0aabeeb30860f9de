import type { SteadyClock } from './steady-clock.ts';

/**
 * Looks once a second at how time passes. Two things are not as they should be:
 *
 *   jump   the clock of the host was set (NTP, a person), or the machine slept: its time is not where the monotonic time says
 *   gap    this process stood still (SIGSTOP, a debugger, starved): more monotonic time passed between two looks than there should
 *
 * Who acts on deadlines asks for a look first, so that nothing is concluded between the jump or the gap and what is done about it. What
 * could not be done (a full disk) is tried again at the next look, and until then the look fails.
 */
export type TimeWatch = { look(): Promise<void> };

export type TimeWatchResources = {
  readonly clock: SteadyClock;
  /** Has the clock follow by so many ms, and everything that is on it. */
  readonly onJump: (ms: number) => Promise<void>;
  readonly onGap: (ms: number) => Promise<void>;
};

export const lookEveryMs = 1000;
/** Smaller differences are NTP at its daily work: the clock follows, and deadlines stay where they are. */
export const jumpMs = 2000;
export const gapMs = 5000;

export function createTimeWatch({ clock, onJump, onGap }: TimeWatchResources): TimeWatch {
  let lookedAt = clock.monotonic();
  let missed = 0;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const gap = clock.monotonic() - lookedAt - lookEveryMs;
    if (gap > gapMs) missed += gap;
    lookedAt = clock.monotonic();
    const jump = clock.ahead();
    if (Math.abs(jump) > jumpMs) await onJump(jump);
    else clock.follow(jump);
    if (missed > 0) {
      await onGap(missed);
      missed = 0;
    }
    // what was done here takes its time, and is no gap
    lookedAt = clock.monotonic();
  }

  return {
    look: () =>
      (looking ??= look().finally(() => {
        looking = undefined;
      })),
  };
}
