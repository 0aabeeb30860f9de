import type { Clock } from './clock.ts';

/**
 * A clock that nobody sets behind the back of the ledger. It runs evenly from the monotonic time of the host; when the clock of the host is
 * set, or the machine slept, this one goes on as before until it is told to `follow`, which happens together with the rows whose deadlines
 * are on it.
 */
export type SteadyClock = Clock & {
  /** by how many ms the clock of the host is ahead of this one; negative when it is behind */
  ahead(): number;
  /** From now on it shows so many ms more, or less. */
  follow(ms: number): void;
};

export function createSteadyClock(host: Clock): SteadyClock {
  let offset = host.now() - host.monotonic();
  return {
    now: () => host.monotonic() + offset,
    monotonic: host.monotonic,
    after: host.after,
    ahead: () => host.now() - host.monotonic() - offset,
    follow(ms) {
      offset += ms;
    },
  };
}
