/** Time is received, never asked of the system: tests turn it by hand. (The server has its own: the two share no code but the contract.) */
export type Clock = {
  /** ms since the epoch */
  now(): number;
  /** Calls back once after `ms`; the answer cancels it and may be called twice. */
  after(ms: number, callback: () => void): () => void;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
