/** Time is received, never asked of the system: tests turn it by hand. */
export type Clock = {
  /** ms since the epoch */
  now(): number;
  /** ms since some instant of the past, whole; never set and never going back, whatever becomes of `now` */
  monotonic(): number;
  /** Calls back once after `ms`; the answer cancels it and may be called twice. */
  after(ms: number, callback: () => void): () => void;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Math.floor(performance.now()),
  after(ms, callback) {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer = left > longestTimerMs ? setTimeout(() => wait(left - longestTimerMs), longestTimerMs) : setTimeout(callback, left);
    };
    wait(ms);
    return () => clearTimeout(timer);
  },
};

/** A longer timer of Node's fires at once. */
const longestTimerMs = 2 ** 31 - 1;
