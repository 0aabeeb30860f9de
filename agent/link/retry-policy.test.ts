import { describe, expect, it } from '@jest/globals';
import { closeCodes } from '../../shared/protocol.ts';
import { type LinkEnd, noTries, type Retry, retryAfter, type Tries } from './retry-policy.ts';

const cut: LinkEnd = { code: 1006, refusal: undefined, wasStable: false };
const failed = (failures: number): Tries => ({ ...noTries, failures });
const now = 1_000_000;

describe('the next try after a connection ended', () => {
  it('waits a random time below a bound that doubles up to half a minute', () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 7, 50].map((failures) => delayOf(retryAfter(cut, failed(failures), now, 0.999_999)));
    expect(bounds.map((ms) => Math.round(ms))).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(delayOf(retryAfter(cut, failed(50), now, 0))).toBe(0);
  });

  it('begins anew after a connection that was stable, and not after one that was not', () => {
    expect(retryAfter({ ...cut, wasStable: true }, failed(9), now, 0.5)).toMatchObject({ delayMs: 250, tries: { failures: 1 } });
    expect(retryAfter(cut, failed(9), now, 0.5)).toMatchObject({ delayMs: 15_000, tries: { failures: 10 } });
  });

  it('is soon when a server restarts that does not say when', () => {
    expect(delayOf(retryAfter({ ...cut, code: closeCodes.comeBack, wasStable: true }, noTries, now, 0.999))).toBeLessThan(2000);
  });

  it('is long after another agent took over, and says why', () => {
    const retry = retryAfter({ ...cut, code: closeCodes.replaced, wasStable: true }, noTries, now, 0);
    expect(retry).toMatchObject({ delayMs: 30_000, why: expect.stringContaining('same identity') });
  });

  it('does not come when the agent is revoked or unknown', () => {
    for (const end of [
      { ...cut, code: closeCodes.revoked },
      { ...cut, refusal: 'agent_revoked' },
      { ...cut, refusal: 'agent_unknown' },
    ]) {
      expect(retryAfter(end, noTries, now, 0)).toMatchObject({
        kind: 'never',
        why: expect.stringContaining('join again with a join token'),
      });
    }
  });
});

describe('the next try of one among many', () => {
  const told = { afterMs: 3000, withinMs: 10_000 };
  const restarting: LinkEnd = { ...cut, code: closeCodes.comeBack, told };

  it('is when the server told, also on a connection that was young', () => {
    expect(delayOf(retryAfter(restarting, noTries, now, 0))).toBe(3000);
    expect(delayOf(retryAfter(restarting, failed(9), now, 0.5))).toBe(8000);
  });

  it('is at a random time of what is left, without doubling, while the server is not there yet', () => {
    const first = againOf(retryAfter(restarting, noTries, now, 0));
    const second = againOf(retryAfter(cut, first.tries, now + 3000, 0.5));
    expect(second.delayMs).toBe(5000);
    const third = againOf(retryAfter(cut, second.tries, now + 8000, 0.999_999));
    expect(Math.round(third.delayMs)).toBe(5000);
    // the time is up, and the server is not back: from here on it doubles as ever
    const fourth = againOf(retryAfter(cut, third.tries, now + 13_000, 0.999_999));
    expect(Math.round(fourth.delayMs)).toBe(1000);
    expect(fourth.tries.failures).toBe(2);
  });

  it('is soon after a cut without a word, and spread over the time that the welcome told when nobody is there then', () => {
    const first = againOf(retryAfter({ ...cut, wasStable: true, fleetMs: 12_000 }, noTries, now, 0.5));
    expect(first.delayMs).toBe(250);
    expect(delayOf(retryAfter(cut, first.tries, now + 250, 0.999_999))).toBeCloseTo(11_750, 0);
    expect(delayOf(retryAfter({ ...cut, code: closeCodes.malformed }, first.tries, now + 250, 0.999_999))).toBeCloseTo(1000, 0);
  });

  it('is not before the time that a server without a place names, counts as no failure, and is not the same for all', () => {
    const full: LinkEnd = { ...cut, noPlaceMs: 4000 };
    expect(retryAfter(full, failed(3), now, 0)).toMatchObject({ delayMs: 4000, tries: failed(3) });
    expect(delayOf(retryAfter(full, failed(3), now, 0.5))).toBe(5000);
    // a proxy may say what it likes
    expect(delayOf(retryAfter({ ...cut, noPlaceMs: 86_400_000 }, noTries, now, 0.999_999))).toBeLessThan(45_001);
  });
});

function againOf(retry: Retry): Extract<Retry, { kind: 'again' }> {
  if (retry.kind !== 'again') throw new Error('there is no next try');
  return retry;
}

const delayOf = (retry: Retry): number => againOf(retry).delayMs;
