import { expect, test } from '@jest/globals';
import { systemClock } from './clock.ts';

test('a wait that is longer than the longest timer of Node does not end at once, and can be cancelled', async () => {
  const fired: string[] = [];
  const cancel = systemClock.after(2 ** 40, () => void fired.push('in 35 years'));
  await new Promise<void>((resolve) => {
    systemClock.after(20, resolve);
  });
  cancel();
  cancel();
  expect(fired).toEqual([]);
});
