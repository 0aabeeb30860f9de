import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { candidate as agent } from '../../../tests/support/candidate.ts';
import type { Candidate } from './assignment.ts';
import { createKeptMarket } from './kept-market.ts';
import { createMarket } from './market.ts';

/** A fleet whose agents change as a test says; `passed` ms went by. */
function openFleet(size: number) {
  const agents = new Map(Array.from({ length: size }, (_, i) => [`a${i}`, agent(`a${i}`)]));
  let walks = 0;
  let passed = 0;
  const all = () => {
    walks += 1;
    return [...agents.values()];
  };
  const market = createKeptMarket({ all, count: () => agents.size, get: (id) => agents.get(id), monotonic: () => passed });
  const change = (id: string, changes: Partial<Candidate>): void => {
    const before = agents.get(id);
    if (before !== undefined) agents.set(id, { ...before, ...changes });
  };
  return {
    agents,
    market,
    change,
    walks: () => walks,
    pass: (ms: number) => {
      passed += ms;
    },
  };
}

test('is in each pass what a market of all agents would be', () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant('choose' as const), os: fc.option(fc.constantFrom('linux', 'win32'), { nil: undefined }) }),
    fc.record({ what: fc.constant('occupy' as const), agent: fc.nat({ max: 6 }) }),
    fc.record({
      what: fc.constant('change' as const),
      agent: fc.nat({ max: 6 }),
      changes: fc.record({
        held: fc.nat({ max: 3 }),
        slots: fc.integer({ min: 1, max: 3 }),
        load1: fc.nat({ max: 2 }),
        connected: fc.boolean(),
        os: fc.constantFrom('linux', 'win32'),
        status: fc.constantFrom('Online' as const, 'Idle' as const),
      }),
    }),
    fc.record({ what: fc.constant('remove' as const), agent: fc.nat({ max: 6 }) }),
    fc.record({ what: fc.constant('next pass' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const fleet = openFleet(6);
      let kept = fleet.market.current();
      let anew = createMarket([...fleet.agents.values()]);
      for (const one of steps) {
        if (one.what === 'choose') {
          const platforms = one.os === undefined ? undefined : [one.os];
          expect(kept.choose(platforms)).toEqual(anew.choose(platforms));
        } else if (one.what === 'occupy') {
          expect(kept.occupy(`a${one.agent}`)).toEqual(anew.occupy(`a${one.agent}`));
        } else {
          const id = `a${'agent' in one ? one.agent : 0}`;
          if (one.what === 'change') fleet.change(id, one.changes);
          if (one.what === 'remove') fleet.agents.delete(id);
          fleet.market.note(id);
          // the choices of the pass before were not made after all, or are in the books by now
          kept = fleet.market.current();
          anew = createMarket([...fleet.agents.values()]);
        }
        expect(kept.freeSlots()).toBe(anew.freeSlots());
        expect(kept.size()).toBe(anew.size());
      }
    }),
  );
});

test('a pass walks through the fleet only when it has another size, or after some seconds', () => {
  const fleet = openFleet(3);
  for (let i = 0; i < 50; i += 1) {
    const id = fleet.market.current().choose(undefined).chosen?.id ?? '';
    fleet.change(id, { load1: i });
  }
  expect(fleet.walks()).toBe(1);
  fleet.agents.set('late', { ...agent('late'), slots: 9 });
  expect(fleet.market.current().freeSlots()).toBe(15);
  expect(fleet.walks()).toBe(2);
  fleet.change('late', { load1: 5 });
  fleet.change('a0', { load1: 9 });
  fleet.pass(5000);
  expect(fleet.market.current().choose(undefined).chosen?.id).not.toBe('a0');
  expect(fleet.walks()).toBe(3);
});

test('one whose connection closed since the pass began is not chosen', () => {
  const fleet = openFleet(2);
  const pass = fleet.market.current();
  fleet.change('a0', { connected: false });
  expect(pass.choose(undefined)).toMatchObject({ chosen: { id: 'a1' }, assignment: { notEligible: { 'not connected': 1 } } });
  fleet.agents.delete('a1');
  expect(pass.choose(undefined).chosen).toBeUndefined();
});
