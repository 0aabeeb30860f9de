import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type HostUpdateState,
  hostUpdateStates,
  isUnderWay,
  isUpdateError,
  isUpdateOver,
} from '../../../shared/update-states.ts';
import { nextStep, planWaves, type StateCounts, totalOf, type WaveFacts } from './update-waves.ts';

const names = (count: number) => Array.from({ length: count }, (_, number) => `h${number}`);
const shareLists = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 5 })
  .map((shares) => [...shares.sort((a, b) => a - b), 100]);

describe('the plan of the waves', () => {
  it('puts each host in one wave, canaries first, and each share at its size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }), shareLists, (count, wanted, shares) => {
        const hosts = names(count);
        const canaries = new Set(hosts.slice(0, Math.min(count, wanted)));
        const { waveOf, labels } = planWaves(hosts, canaries, shares);
        expect([waveOf.size, labels.length]).toEqual([count, shares.length + 1]);
        expect(hosts.filter((host) => waveOf.get(host) === 0)).toEqual([...canaries]);
        const others = count - canaries.size;
        for (const [index, share] of shares.entries()) {
          const upTo = hosts.filter((host) => !canaries.has(host) && (waveOf.get(host) ?? 0) <= index + 1).length;
          expect(upTo).toBe(Math.ceil((others * share) / 100));
        }
      }),
    );
  });

  it('of canaries alone has no place for others', () => {
    const { waveOf, labels } = planWaves(names(5), new Set(['h3', 'h4']), []);
    expect([[...waveOf], labels]).toEqual([[['h3', 0], ['h4', 0]], ['Canaries']]); // biome-ignore format: pairs
  });

  it.each([
    [0, [10, 50, 100], [0, 0, 0]],
    [1, [10, 50, 100], [1, 0, 0]],
    [9, [10, 50, 100], [1, 4, 4]],
    [100, [1, 100], [1, 99]],
    [10_000, [10, 50, 100], [1000, 4000, 5000]],
  ])('gives %i hosts in shares of %j %%: %j', (count, shares, sizes) => {
    const { waveOf } = planWaves(['canary', ...names(count)], new Set(['canary']), shares);
    const waves = [...waveOf.values()];
    expect(shares.map((_, index) => waves.filter((wave) => wave === index + 1).length)).toEqual(sizes);
  });
});

const facts = (begun: number, counts: readonly StateCounts[], more: Partial<WaveFacts> = {}): WaveFacts => ({
  settings: { maxErrors: 0, pauseSeconds: 0 },
  waves: counts.map((_, number) => ({ label: `w${number}`, begunAt: number < begun ? 1 : null })),
  counts,
  reachable: 0,
  forgiven: 0,
  nextWaveAt: null,
  now: 1000,
  ...more,
});

describe('the step that follows', () => {
  it.each<[string, WaveFacts, object]>([
    ['goes on while hosts are under way', facts(1, [{ downloading: 1, healthy: 3 }, {}]), { kind: 'go_on' }],
    ['goes on while hosts that wait are reachable', facts(1, [{ waiting: 2, healthy: 1 }, {}], { reachable: 1 }), { kind: 'go_on' }],
    ['begins the next wave without those who are away', facts(2, [{ healthy: 1 }, { waiting: 9 }, { waiting: 1 }]), { kind: 'begin', wave: 2 }],
    ['begins the next wave after one that nobody is in', facts(2, [{ healthy: 1 }, {}, {}], { settings: { maxErrors: 0, pauseSeconds: 60 } }), { kind: 'begin', wave: 2 }],
    ['is no next wave as long as no canary is there', facts(1, [{ waiting: 1 }, { waiting: 5 }]), { kind: 'go_on' }],
    ['pauses when no canary could be updated', facts(1, [{ not_possible: 2 }, { waiting: 5 }]), { kind: 'pause', why: 'canaries' }],
    ['takes a canary that had it before for one that is well', facts(1, [{ current: 1 }, { waiting: 5 }]), { kind: 'begin', wave: 1 }],
    ['pauses at the first error, if none is allowed', facts(1, [{ rolled_back: 1, downloading: 4 }, {}]), { kind: 'pause', why: 'errors' }],
    ['counts the errors of all waves', facts(2, [{ failed: 1, healthy: 1 }, { failed: 1, rolled_back: 1 }], { settings: { maxErrors: 2, pauseSeconds: 0 } }), { kind: 'pause', why: 'errors' }],
    ['lets as many errors pass as are allowed', facts(2, [{ failed: 1, healthy: 1 }, { failed: 1 }], { settings: { maxErrors: 2, pauseSeconds: 0 } }), { kind: 'done' }],
    ['lets those pass that a person let pass', facts(1, [{ failed: 3, healthy: 1 }, {}], { forgiven: 3 }), { kind: 'begin', wave: 1 }],
    ['waits between the waves', facts(1, [{ healthy: 1 }, {}], { settings: { maxErrors: 0, pauseSeconds: 60 } }), { kind: 'wait_until', at: 61_000 }],
    ['keeps to the time that it told', facts(1, [{ healthy: 1 }, {}], { settings: { maxErrors: 0, pauseSeconds: 60 }, nextWaveAt: 5000 }), { kind: 'wait_until', at: 5000 }],
    ['begins when that time has come', facts(1, [{ healthy: 1 }, {}], { settings: { maxErrors: 0, pauseSeconds: 60 }, nextWaveAt: 1000 }), { kind: 'begin', wave: 1 }],
    ['is the end after the last wave', facts(2, [{ healthy: 1 }, { waiting: 2, not_possible: 1 }]), { kind: 'done', reason: 'Every wave is over. 2 hosts that are away get it on return. 1 host cannot be updated from here.' }],
    ['is the end of canaries alone, whatever became of them', facts(1, [{ not_possible: 1 }]), { kind: 'done' }],
  ])('%s', (_, given, step) => {
    expect(nextStep(given)).toMatchObject(step);
  }); // biome-ignore format: a table

  it('comes to an end in every fleet: whatever hosts do, waves begin in order and never beside an error too many', () => {
    const fate = fc.constantFrom<HostUpdateState>('healthy', 'current', 'failed', 'rolled_back', 'not_possible', 'waiting');
    fc.assert(
      fc.property(fc.array(fate, { minLength: 2, maxLength: 60 }), shareLists, fc.nat({ max: 10 }), fc.nat({ max: 5 }), (fates, shares, maxErrors, canaries) => {
        const hosts = names(fates.length);
        const { waveOf, labels } = planWaves(hosts, new Set(hosts.slice(0, canaries + 1)), shares);
        const states = new Map<string, HostUpdateState>(hosts.map((host) => [host, 'waiting']));
        let waves = labels.map((label, number) => ({ label, begunAt: number === 0 ? 0 : null as number | null }));
        const counts = (): StateCounts[] =>
          labels.map((_, wave) => {
            const count: Partial<Record<HostUpdateState, number>> = {};
            for (const host of hosts) if (waveOf.get(host) === wave) count[states.get(host) ?? 'waiting'] = (count[states.get(host) ?? 'waiting'] ?? 0) + 1;
            return count;
          });
        let last = '';
        for (let turn = 0; turn < 500; turn += 1) {
          const next = hosts.find((host, index) => waves[waveOf.get(host) ?? 0]?.begunAt !== null && states.get(host) === 'waiting' && fates[index] !== 'waiting');
          if (next !== undefined) states.set(next, fates[hosts.indexOf(next)] ?? 'failed');
          const errors = [...states.values()].filter(isUpdateError).length;
          const reachable = hosts.filter((host, index) => waves[waveOf.get(host) ?? 0]?.begunAt !== null && states.get(host) === 'waiting' && fates[index] !== 'waiting').length;
          const step = nextStep({ settings: { maxErrors, pauseSeconds: 0 }, waves, counts: counts(), reachable, forgiven: 0, nextWaveAt: null, now: 1 });
          last = step.kind;
          if (step.kind === 'pause') {
            expect(step.why === 'errors' ? errors > maxErrors : waves[1]?.begunAt === null).toBe(true);
            return;
          }
          expect(errors).toBeLessThanOrEqual(maxErrors);
          if (step.kind === 'done') {
            expect([...states].every(([host, state]) => isUpdateOver(state) || fates[hosts.indexOf(host)] === 'waiting')).toBe(true);
            return;
          }
          if (step.kind === 'begin') {
            expect(waves.findIndex(({ begunAt }) => begunAt === null)).toBe(step.wave);
            expect(reachable).toBe(0);
            waves = waves.map((wave, number) => (number === step.wave ? { ...wave, begunAt: 1 } : wave));
          } else if (next === undefined && step.kind === 'go_on') {
            // nothing can happen any more: only a wave of canaries who are all away waits like this
            expect(hosts.slice(0, canaries + 1).some((_, index) => fates[index] === 'healthy' || fates[index] === 'current')).toBe(false);
            return;
          }
        }
        throw new Error(`no end: ${last}`);
      }),
    ); // biome-ignore format: one thought
  });
});

it('every state of a host waits, is under way or is over', () => {
  for (const state of hostUpdateStates)
    expect([state === 'waiting', isUnderWay(state), isUpdateOver(state)].filter(Boolean)).toHaveLength(1);
  expect(totalOf({ healthy: 2, failed: 1 })).toBe(3);
});
