import { expect, it } from '@jest/globals';
import { retryPolicy } from './retry.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const policy = (args: Parameters<typeof retryPolicy>[0], method = 'GET') => retryPolicy(args, method, () => now);

it('tries as often as it was told, on the usual statuses', () => {
  const { afterStatus } = policy({ count: 2, delaySeconds: 3 });
  expect([1, 2, 3].map((tries) => afterStatus(tries, 503, undefined))).toEqual([3, 3, undefined]);
  expect([afterStatus(1, 404, undefined), afterStatus(1, 429, undefined)]).toEqual([undefined, 3]);
  expect(policy(undefined).afterStatus(1, 503, undefined)).toBeUndefined();
});

it('waits as long as it is asked to, within bounds', () => {
  const { afterStatus } = policy({ count: 1, delaySeconds: 3 });
  expect(afterStatus(1, 503, '7')).toBe(7);
  expect(afterStatus(1, 503, '1')).toBe(3);
  expect(afterStatus(1, 503, 'Thu, 01 Jan 2026 00:00:20 GMT')).toBe(20);
  expect(afterStatus(1, 503, 'Thu, 01 Jan 2025 00:00:20 GMT')).toBe(3);
  expect(afterStatus(1, 503, '99999')).toBe(120);
  expect(afterStatus(1, 503, 'soon')).toBe(3);
});

it('does not do again what may do harm, unless it is told to', () => {
  expect(policy({ count: 1 }, 'POST').afterStatus(1, 503, undefined)).toBeUndefined();
  expect(policy({ count: 1 }, 'PATCH').afterNetworkError(1)).toBeUndefined();
  expect(policy({ count: 1, anyMethod: true }, 'POST').afterNetworkError(1)).toBe(1);
  expect(policy({ count: 1, onNetworkErrors: false }).afterNetworkError(1)).toBeUndefined();
});
