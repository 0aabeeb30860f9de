import type { Clock } from '../clock.ts';

/** Those who wait for something to happen to a key (a run that ends, a log that grows): no listener of their own, and always a way out. */
export type Waiters = {
  /** Settles when the key is woken, the time is up or `signal` aborts; the caller reads the row and sees which. */
  wait(key: string, seconds: number, signal: AbortSignal): Promise<void>;
  wake(key: string): void;
};

export function createWaiters(clock: Clock): Waiters {
  const waiting = new Map<string, Set<() => void>>();
  return {
    wake(key) {
      for (const settle of [...(waiting.get(key) ?? [])]) settle();
    },
    wait: (key, seconds, signal) =>
      new Promise((resolve) => {
        const settle = (): void => {
          cancelTimer();
          signal.removeEventListener('abort', settle);
          const others = waiting.get(key);
          others?.delete(settle);
          if (others?.size === 0) waiting.delete(key);
          resolve();
        };
        const cancelTimer = clock.after(seconds * 1000, settle);
        signal.addEventListener('abort', settle, { once: true });
        waiting.set(key, (waiting.get(key) ?? new Set()).add(settle));
        if (signal.aborted) settle();
      }),
  };
}
