import { MusterError } from '../../../shared/errors.ts';

export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * At most `atOnce` pieces of work run at a time, the others wait in order. More than `longestQueue` waiting is refused: an answer that
 * comes minutes later helps nobody.
 */
export function createTurns(atOnce: number, longestQueue: number): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (work) => {
    if (running < atOnce) running += 1;
    else if (waiting.length >= longestQueue)
      throw new MusterError('queue_full', 'Too many people sign in at this moment; try again soon.', { retryAfterSeconds: 5 });
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // the turn is handed over, so that nobody who comes in between can take it
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
