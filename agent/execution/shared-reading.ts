import type { Clock } from '../clock.ts';
import { pause } from './pause.ts';

/** After a reading that took a time, so many times that time nothing is read. */
const restFactor = 2;
const maxRestMs = 200;

/**
 * Shares one costly reading between all who ask at about the same time. Each asker gets a reading that began after it asked; under load
 * readings take at most a third of the time.
 */
export function shareReading<T>(clock: Clock, read: () => Promise<T>): () => Promise<T> {
  let restUntil = Number.NEGATIVE_INFINITY;
  let reading: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;

  async function begin(before: Promise<unknown>): Promise<T> {
    await before;
    const waitMs = restUntil - clock.monotonic();
    if (waitMs > 0) await pause(clock, waitMs);
    next = undefined;
    const begun = clock.monotonic();
    const answer = read();
    reading = answer.then(
      () => {
        restUntil = clock.monotonic() + Math.min(maxRestMs, restFactor * (clock.monotonic() - begun));
      },
      () => {}, // told to those who asked
    );
    return answer;
  }

  return () => {
    next ??= begin(reading);
    return next;
  };
}
