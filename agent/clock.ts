import { uptime } from 'node:os';

/**
 * Time is received, never asked of the system: tests turn it by hand. (The server has its own: the two share no code but the contract.)
 *
 * Three times, because the wall clock of a host may be set at any moment, and a host may be suspended:
 *
 *   now         for people and for the ledger; never for a duration
 *   monotonic   for how long something takes or may take here (the time limit of work, back-off, patience with a process)
 *   elapsed     for what the other side counts too, also while this host sleeps (the lease of an offer, the silence of a connection)
 */
export type Clock = {
  /** ms since the epoch */
  now(): number;
  /** ms since some instant; never set, and stands still while the host is suspended */
  monotonic(): number;
  /** ms since some instant; never set, and goes on while the host is suspended. To some 10 ms */
  elapsed(): number;
  /** Calls back once after `ms` of monotonic time (later, if the process was stopped); the answer cancels it and may be called twice. */
  after(ms: number, callback: () => void): () => void;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  elapsed: () => uptime() * 1000,
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
