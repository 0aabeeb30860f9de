import { describe, expect, test } from '@jest/globals';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { createRateLimiter } from './rate-limiter.ts';

const setUp = (maxAddresses?: number) => {
  const clock = createFakeClock();
  const limiter = createRateLimiter({
    clock,
    burst: 3,
    secondsPerTry: 10,
    ...(maxAddresses === undefined ? {} : { maxAddresses }),
  });
  const passes = (address: string, tries: number): boolean[] =>
    Array.from({ length: tries }, () => {
      try {
        limiter.take(address);
        return true;
      } catch {
        return false;
      }
    });
  return { clock, limiter, passes };
};

describe('the rate limiter', () => {
  test('lets a burst through, then one try per interval', async () => {
    const { clock, passes } = setUp();
    expect(passes('10.0.0.1', 4)).toEqual([true, true, true, false]);
    await clock.advance(9999);
    expect(passes('10.0.0.1', 1)).toEqual([false]);
    await clock.advance(1);
    expect(passes('10.0.0.1', 2)).toEqual([true, false]);
    await clock.advance(60_000);
    expect(passes('10.0.0.1', 4)).toEqual([true, true, true, false]);
  });

  test('says when the next try is possible', async () => {
    const { clock, limiter, passes } = setUp();
    passes('10.0.0.1', 3);
    await clock.advance(4000);
    expect(() => limiter.take('10.0.0.1')).toThrow(
      expect.objectContaining({ code: 'rate_limited', details: { retryAfterSeconds: 6 } }),
    );
  });

  test('counts each address for itself, and an IPv6 network as one', () => {
    const { passes } = setUp();
    passes('10.0.0.1', 3);
    expect(passes('10.0.0.2', 1)).toEqual([true]);
    passes('2001:db8::1', 2);
    passes('2001:db8:0:0:ffff::2', 1);
    expect(passes('2001:db8::3', 1)).toEqual([false]);
    expect(passes('2001:db8:0:1::3', 1)).toEqual([true]);
  });

  test('remembers only so many addresses and forgets the one seen longest ago', () => {
    const { passes } = setUp(2);
    passes('a', 3);
    passes('b', 3);
    passes('c', 1);
    expect(passes('b', 1)).toEqual([false]);
    expect(passes('a', 1)).toEqual([true]);
  });
});
