import { expect, test } from '@jest/globals';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { createCronLoop } from './cron-loop.ts';

test('a cron loop runs when its time comes, and not after it was stopped', async () => {
  const { promise: ran, resolve } = Promise.withResolvers<void>();
  let runs = 0;
  const loop = createCronLoop({
    name: 'test',
    cron: '* * * * * *',
    clock: createFakeClock(),
    run: async () => {
      runs += 1;
      resolve();
    },
    log: { error: () => undefined },
  });
  await ran;
  await loop.stop();
  await loop.stop();
  loop.wake();
  expect(runs).toBe(1);
});
