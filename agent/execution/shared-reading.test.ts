import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../../tests/support/clock.ts';
import { shareReading } from './shared-reading.ts';

describe('a shared reading', () => {
  it('serves all who ask before it begins, and nobody who asks later', async () => {
    let readings = 0;
    const read = shareReading(createFakeClock(), async () => ++readings);
    const first = [read(), read()];
    await Promise.resolve();
    await Promise.resolve();
    const later = read();
    expect(await Promise.all([...first, later])).toEqual([1, 1, 2]);
  });

  it('rests twice as long as it took', async () => {
    const clock = createFakeClock();
    let readings = 0;
    const read = shareReading(clock, async () => {
      readings += 1;
      await new Promise<void>((resolve) => void clock.after(10, resolve));
    });
    void read();
    await clock.advance(10);
    const second = read();
    await clock.advance(19);
    expect(readings).toBe(1);
    await clock.advance(11);
    await second;
    expect(readings).toBe(2);
  });

  it('tells those who asked when it fails, and reads again for the next', async () => {
    let readings = 0;
    const read = shareReading(createFakeClock(), async () => {
      readings += 1;
      if (readings === 1) throw new Error('no such table');
      return readings;
    });
    await expect(read()).rejects.toThrow('no such table');
    expect(await read()).toBe(2);
  });
});
