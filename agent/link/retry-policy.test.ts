import { describe, expect, it } from '@jest/globals';
import { closeCodes } from '../../shared/protocol.ts';
import { type LinkEnd, type Retry, retryAfter } from './retry-policy.ts';

const cut: LinkEnd = { code: 1006, refusal: undefined, wasStable: false };

describe('the next try after a connection ended', () => {
  it('waits a random time below a bound that doubles up to half a minute', () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 7, 50].map((failures) => delayOf(retryAfter(cut, failures, 0.999_999)));
    expect(bounds.map((ms) => Math.round(ms))).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    expect(delayOf(retryAfter(cut, 50, 0))).toBe(0);
  });

  it('begins anew after a connection that was stable, and not after one that was not', () => {
    expect(retryAfter({ ...cut, wasStable: true }, 9, 0.5)).toMatchObject({ delayMs: 250, failures: 1 });
    expect(retryAfter(cut, 9, 0.5)).toMatchObject({ delayMs: 15_000, failures: 10 });
  });

  it('is soon when the server restarts', () => {
    expect(delayOf(retryAfter({ ...cut, code: closeCodes.comeBack, wasStable: true }, 0, 0.999))).toBeLessThan(2000);
  });

  it('is long after another agent took over, and says why', () => {
    const retry = retryAfter({ ...cut, code: closeCodes.replaced, wasStable: true }, 0, 0);
    expect(retry).toMatchObject({ delayMs: 30_000, why: expect.stringContaining('same identity') });
  });

  it('does not come when the agent is revoked or unknown', () => {
    for (const end of [
      { ...cut, code: closeCodes.revoked },
      { ...cut, refusal: 'agent_revoked' },
      { ...cut, refusal: 'agent_unknown' },
    ]) {
      expect(retryAfter(end, 0, 0)).toMatchObject({
        kind: 'never',
        why: expect.stringContaining('join again with a join token'),
      });
    }
  });
});

function delayOf(retry: Retry): number {
  if (retry.kind !== 'again') throw new Error('there is no next try');
  return retry.delayMs;
}
