import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { candidate as agent } from '../../../tests/support/candidate.ts';
import type { Candidate } from './assignment.ts';
import { createMarket } from './market.ts';

describe('the choice for Anyone', () => {
  test('is the least busy relative to its slots, then the least loaded, then the first', () => {
    const chosen = (...agents: Candidate[]) => createMarket(agents).choose(undefined).chosen?.id;
    expect(chosen(agent('a', { held: 1 }), agent('b', { held: 1, slots: 4 }))).toBe('b');
    expect(chosen(agent('a', { load1: 2 }), agent('b', { load1: 1 }))).toBe('b');
    expect(chosen(agent('a'), agent('b'))).toBe('a');
    expect(chosen()).toBeUndefined();
  });

  test('says why the others were not taken, counted by reason', () => {
    const market = createMarket([
      agent('full', { held: 2 }),
      agent('away', { connected: false }),
      agent('idle', { status: 'Idle' }),
      agent('win', { os: 'win32' }),
      agent('b', { held: 1 }),
    ]);
    expect(market.choose(['linux']).assignment).toEqual({
      chosen: 'b',
      because: '1 of 2 slots taken, load 0.00: the least busy of 1 eligible agent.',
      considered: 5,
      eligible: 1,
      notEligible: { 'slots full': 1, 'not connected': 1, 'status Idle': 1, 'plugin does not run on win32': 1 },
    });
    expect(market.choose(['linux'])).toMatchObject({ chosen: undefined, assignment: { eligible: 0 } });
    expect(market.freeSlots()).toBe(2);
  });

  test('prefers those that did not refuse, then the one that was asked longest ago', () => {
    const market = () => createMarket([agent('a'), agent('b'), agent('busy', { held: 1, load1: 9 })]);
    const chosen = (refused: [string, number][]) => market().choose(undefined, new Map(refused));
    expect(chosen([]).chosen?.id).toBe('a');
    expect(chosen([['a', 1]]).chosen?.id).toBe('b');
    expect(chosen([['a', 1], ['b', 2]]).chosen?.id).toBe('busy'); // biome-ignore format: a table
    const { chosen: last, assignment } = chosen([['a', 3], ['b', 1], ['busy', 2]]); // biome-ignore format: a table
    expect(last?.id).toBe('b');
    expect(assignment.because).toContain('all 3 eligible agents were asked before, this one longest ago');
  });

  test('is, time after time, the one that a look at every agent would find', () => {
    const fleet = fc.array(
      fc.record({
        slots: fc.integer({ min: 1, max: 4 }),
        held: fc.nat({ max: 4 }),
        load1: fc.nat({ max: 2 }),
        os: fc.constantFrom('linux', 'win32'),
      }),
      { maxLength: 12 },
    );
    const wishes = fc.array(fc.option(fc.constantFrom<string[]>('linux', 'win32'), { nil: undefined }), { maxLength: 30 });
    fc.assert(
      fc.property(fleet, wishes, (agents, oss) => {
        const known = agents.map((one, index) => ({ ...agent(`a${index}`), ...one }));
        const market = createMarket(known);
        for (const os of oss) {
          const able = known.filter((one) => one.held < one.slots && (os === undefined || one.os === os));
          able.sort((a, b) => a.held / a.slots - b.held / b.slots || a.load1 - b.load1 || known.indexOf(a) - known.indexOf(b));
          const { chosen, assignment } = market.choose(os === undefined ? undefined : [os]);
          expect(chosen).toEqual(able[0]);
          expect(assignment.eligible).toBe(able.length);
          if (able[0] !== undefined) able[0].held += 1;
          expect(market.freeSlots()).toBe(known.reduce((sum, one) => sum + Math.max(0, one.slots - one.held), 0));
        }
      }),
    );
  });
});
