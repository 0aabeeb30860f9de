import { describe, expect, test } from '@jest/globals';
import { createTurnShare } from './turn-share.ts';

describe('a share of each turn', () => {
  test('is not gone over: the rest waits for the next turns, in the order of asking', async () => {
    const share = createTurnShare(100);
    let turn = 0;
    const count = (): void => {
      turn += 1;
      if (done.length < 10) setImmediate(count);
    };
    const done: { readonly which: number; readonly turn: number }[] = [];
    setImmediate(count);
    await Promise.all(
      Array.from({ length: 10 }, (_, which) =>
        share.run(
          async () => void done.push({ which, turn }),
          () => 50,
        ),
      ),
    );
    expect(done.map(({ which }) => which)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { turn: one } of done) expect(done.filter((other) => other.turn === one).length).toBeLessThanOrEqual(2);
  });

  test('is for everybody: work that fails tells who asked for it, and the next goes on', async () => {
    const share = createTurnShare(1);
    const failing = share.run(
      () => Promise.reject(new Error('no')),
      () => 1,
    );
    const next = share.run(
      async () => 'done',
      () => 1,
    );
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});
