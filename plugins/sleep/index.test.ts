import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';
import { eventually } from '../../tests/support/eventually.ts';

let sleep: BundledPlugin;

beforeAll(() => {
  sleep = createBundledPlugin(import.meta.dirname);
});
afterAll(() => sleep.close());

describe('sleep', () => {
  it('runs its examples', () => sleep.runExamples());

  it('tells its progress up to the end', async () => {
    const end = await sleep.run([0.05]);
    expect(end).toMatchObject({ outcome: 'succeeded', message: 'Slept 0.05 s.' });
    const fractions = end.progress.map(({ fraction }) => fraction);
    expect([fractions.at(0), fractions.at(-1)]).toEqual([0, 1]);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });

  it('ends at once when it is cancelled', async () => {
    const job = sleep.start({ seconds: 3600 });
    await eventually('it sleeps', () => job.heard.progress.length > 0);
    job.stop('cancel', 3600);
    expect(await job.done).toMatchObject({ outcome: 'cancelled', message: expect.stringContaining('when it was asked') });
  });
});
