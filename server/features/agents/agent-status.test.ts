import { expect, it } from '@jest/globals';
import { defaultStatusThresholds, statusOf } from './agent-status.ts';

it.each([
  [0, 'Online'], [59_999, 'Online'], [60_000, 'Idle'], [300_000, 'Idle'], [300_001, 'Offline'], [-5_000, 'Online'],
] as const)('a heartbeat %d ms ago makes an agent %s', (age, status) => {
  expect(statusOf({ revoked: false, lastSeenAt: 1_000_000 }, 1_000_000 + age, defaultStatusThresholds)).toBe(status);
}); // biome-ignore format: a table

it('an agent that was never seen is Offline, and a revoked one is Revoked however fresh', () => {
  expect(statusOf({ revoked: false, lastSeenAt: null }, 0, defaultStatusThresholds)).toBe('Offline');
  expect(statusOf({ revoked: true, lastSeenAt: 0 }, 0, defaultStatusThresholds)).toBe('Revoked');
});
