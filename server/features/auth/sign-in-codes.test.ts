import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { createSignInCodes } from './sign-in-codes.service.ts';

function codesAndClock() {
  const clock = createFakeClock();
  return { clock, codes: createSignInCodes({ clock, randomBytes }) };
}

describe('a sign-in code', () => {
  it('has 256 random bits and is good once', () => {
    const { codes } = codesAndClock();
    const code = codes.create();
    expect(code).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect([codes.spend(code), codes.spend(code)]).toEqual([true, false]);
  });

  it('is good for less than ten minutes', async () => {
    const { codes, clock } = codesAndClock();
    const [early, late] = [codes.create(), codes.create()];
    await clock.advance(10 * 60_000 - 1);
    expect(codes.spend(early)).toBe(true);
    await clock.advance(1);
    expect(codes.spend(late)).toBe(false);
  });

  it('that nobody made is not good', () => {
    expect(codesAndClock().codes.spend('')).toBe(false);
  });

  it('makes the oldest of a hundred void', () => {
    const { codes } = codesAndClock();
    const all = Array.from({ length: 101 }, () => codes.create());
    expect(all.map((code) => codes.spend(code))).toEqual([false, ...Array.from({ length: 100 }, () => true)]);
  });
});
