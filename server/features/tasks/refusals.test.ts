import { describe, expect, test } from '@jest/globals';
import type { Candidate } from './assignment.ts';
import { createMarket } from './assignment.ts';
import { hostsAskedAtMost, othersThan, pauseAfter, refusedBy } from './refusals.ts';

const agent = (id: string, changes: Partial<Candidate> = {}): Candidate => ({
  id,
  name: id,
  status: 'Online',
  connected: true,
  os: 'linux',
  slots: 2,
  held: 0,
  load1: 0,
  ...changes,
});

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

describe('the choice for Anyone', () => {
  test('prefers those that did not refuse, then the one that was asked longest ago', () => {
    const busy = agent('busy', { held: 1, load1: 9 });
    const market = () => createMarket([agent('a'), agent('b'), busy]);
    expect(market().choose(undefined).chosen?.id).toBe('a');
    expect(market().choose(undefined, new Map([['a', 1]])).chosen?.id).toBe('b');
    expect(
      market().choose(
        undefined,
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
      ).chosen?.id,
    ).toBe('busy');
    const all = new Map([
      ['a', 3],
      ['b', 1],
      ['busy', 2],
    ]);
    const { chosen, assignment } = market().choose(undefined, all);
    expect(chosen?.id).toBe('b');
    expect(assignment.because).toContain('all 3 eligible agents were asked before, this one longest ago');
  });
});
