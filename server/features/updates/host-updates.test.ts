import { describe, expect, it } from '@jest/globals';
import type { Release } from '../../../shared/release.ts';
import {
  type HostUpdateState,
  hostUpdateStates,
  isUnderWay,
  isUpdateOver,
  toldUpdateStates,
} from '../../../shared/update-states.ts';
import type { AgentView } from '../agents/agents.ts';
import { afterArrival, afterDeadline, afterTold, deadlineOf, fitnessOf, isTarget } from './host-updates.ts';

const release: Release = {
  version: '2.0.0',
  commit: 'c0ffee',
  protocol: 1,
  files: [{ platform: 'linux-x64', name: 'muster-agent-linux-x64', bytes: 1, sha256: 'a'.repeat(64), downloads: [] }],
};
const executable = { sha256: 'b'.repeat(64), commit: 'old', notUpdatable: null };
const agent = (more: Partial<AgentView> = {}): AgentView =>
  ({ os: 'linux', arch: 'x64', revoked: false, executable, ...more }) as AgentView;
const here = { connectedMs: 1000, hasTold: true };

describe('whether a host can be told', () => {
  it.each<[string, AgentView | undefined, Parameters<typeof fitnessOf>[1], object]>([
    ['one that is there and told can', agent(), here, { kind: 'offer' }],
    ['one that has it needs nothing', agent({ executable: { ...executable, sha256: 'a'.repeat(64) } }), here, { kind: 'current' }],
    ['one that is away cannot yet', agent(), { connectedMs: undefined, hasTold: false }, { kind: 'away' }],
    ['one that has just come is about to tell', agent(), { connectedMs: 59_999, hasTold: false }, { kind: 'soon' }],
    ['one that never tells is too old', agent({ executable: null }), { connectedMs: 60_000, hasTold: false }, { kind: 'not_possible', message: expect.stringContaining('run the install line again') }],
    ['one that cannot says why', agent({ executable: { ...executable, notUpdatable: 'From source.' } }), here, { kind: 'not_possible', message: 'From source.' }],
    ['one of another platform has no executable', agent({ os: 'win32' }), here, { kind: 'not_possible', message: 'The release has no executable for win32 x64.' }],
    ['a revoked one is out', agent({ revoked: true }), here, { kind: 'not_possible', message: 'The agent was revoked.' }],
    ['a removed one is out', undefined, here, { kind: 'not_possible', message: 'The agent was removed.' }],
  ])('%s', (_, view, presence, fitness) => {
    expect(fitnessOf(view, presence, release)).toMatchObject(fitness);
  }); // biome-ignore format: a table

  it('knows an executable by its hash and platform', () => {
    expect(isTarget(agent({ executable: { ...executable, sha256: 'a'.repeat(64) }, arch: 'arm64' }), release)).toBe(false);
    expect(isTarget(agent({ executable: { ...executable, sha256: null } }), release)).toBe(false);
  });
});

describe('the word of an agent', () => {
  it('counts for an end always, and twice not', () => {
    for (const state of hostUpdateStates)
      for (const told of ['healthy', 'failed', 'rolled_back'] as const)
        expect([state, told, afterTold(state, told)]).toEqual([state, told, state === told ? undefined : told]);
  });

  it('counts for what is under way, also after the server gave the host up', () => {
    for (const state of hostUpdateStates)
      for (const told of toldUpdateStates.filter((each) => !isUpdateOver(each)))
        expect([state, told, afterTold(state, told)]).toEqual([
          state,
          told,
          ['healthy', 'current', 'rolled_back'].includes(state) ? undefined : told,
        ]);
  });

  it('of what it runs as ends the update for it', () => {
    const after = hostUpdateStates.map((state) => [state, afterArrival(state)]);
    expect(Object.fromEntries(after)).toEqual({
      waiting: 'current',
      offered: 'healthy',
      downloading: 'healthy',
      ready: 'healthy',
      switching: 'healthy',
      healthy: undefined,
      current: undefined,
      failed: 'healthy',
      rolled_back: 'healthy',
      not_possible: 'current',
    });
  });
});

describe('the time of a host', () => {
  it('is bounded while it is under way, here and away, and only then', () => {
    for (const state of hostUpdateStates)
      for (const isAway of [false, true]) {
        const deadline = deadlineOf(state, isAway, 1000, 60);
        expect([state, deadline !== null && deadline > 1000]).toEqual([state, isUnderWay(state)]);
      }
  });

  it.each<[HostUpdateState, boolean, number | null, string, string]>([
    ['offered', false, null, 'failed', 'did not answer'],
    ['offered', true, null, 'waiting', 'before it began'],
    ['offered', true, 2, 'failed', 'still speaks protocol 2'],
    ['downloading', false, null, 'failed', 'no end within two hours'],
    ['downloading', true, null, 'waiting', 'during the download'],
    ['ready', false, null, 'failed', 'no moment without work'],
    ['ready', true, null, 'failed', 'did not come back'],
    ['switching', false, null, 'failed', 'and did not'],
    ['switching', true, null, 'failed', 'did not come back'],
  ])('when it is over for one that is %s (away: %s, other protocol: %s): %s', (state, isAway, otherProtocol, next, text) => {
    expect(afterDeadline({ state, isAway, otherProtocol })).toEqual({ state: next, message: expect.stringContaining(text) });
  });
});
