import { describe, expect, test } from '@jest/globals';
import { candidate as agent } from '../../../tests/support/candidate.ts';
import { hostsAskedAtMost, othersThan, pauseAfter, refusedBy } from './refusals.ts';

test('the latest offer that each agent did not take is the one that counts', () => {
  const refused = refusedBy([
    { attempt: 4, agent_id: 'a', reason: 'agent_declined' },
    { attempt: 3, agent_id: 'b', reason: 'lease_ended' },
    { attempt: 2, agent_id: 'a', reason: 'agent_declined' },
  ]);
  expect([...refused]).toEqual([
    ['a', 4],
    ['b', 3],
  ]);
});

describe('othersThan', () => {
  const refused = new Map([['a', 1]]);

  test('counts those that can run the plugin and were not asked', () => {
    expect(othersThan(refused, [agent('a'), agent('b')], undefined)).toBe('free');
    expect(othersThan(refused, [agent('a'), agent('b', { held: 2 })], undefined)).toBe('busy');
    expect(othersThan(refused, [agent('a'), agent('b', { os: 'win32' })], ['linux'])).toBe('none');
    expect(othersThan(refused, [agent('a'), agent('b', { connected: false })], undefined)).toBe('none');
  });
});

describe('pauseAfter', () => {
  test('doubles up to a minute, and is nothing while another agent is free', () => {
    expect([1, 2, 3, 7, 1000].map((refusals) => pauseAfter(refusals, 'none'))).toEqual([1000, 2000, 4000, 60_000, 60_000]);
    expect(pauseAfter(3, 'free')).toBe(0);
    expect(pauseAfter(hostsAskedAtMost, 'free')).toBe(60_000);
  });
});
