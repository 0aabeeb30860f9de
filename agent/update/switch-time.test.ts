import { expect, it } from '@jest/globals';
import { switchDecision } from './switch-time.ts';

it.each([
  ['idle', true, 0, 'switch'],
  ['idle', false, 0, 'wait'],
  ['idle', false, 59_999, 'wait'],
  ['idle', false, 60_000, 'drain'],
  ['idle', true, 60_000, 'switch'],
  ['drain', true, 0, 'switch'],
  ['drain', false, 0, 'drain'],
  ['now', false, 0, 'switch'],
] as const)('with %s, idle %s, ready for %i ms: %s', (mode, isIdle, readyForMs, decision) => {
  expect(switchDecision({ mode, drainAfterSeconds: 60, isIdle, readyForMs })).toBe(decision);
});
