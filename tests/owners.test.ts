import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../shared/api/runs.ts';
import type { Problem } from '../shared/errors.ts';
import { type System, startSystem } from './support/system.ts';

/** Ends when the file of its argument is there, so that many can be open at a time. */
const gate = `
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main({ open }, context) {
  while (!existsSync(open)) await pause(20, undefined, { signal: context.signal });
  return context.agentName;
}
`;

let system: System;

beforeAll(async () => {
  system = await startSystem({ plugins: { 'gate.js': gate } });
  await Promise.all([
    system.startAgent('web-1', { tags: ['web', 'env=prod'], slots: 16 }),
    system.startAgent('web-2', { tags: ['web', 'env=test'], slots: 16 }),
    system.startAgent('db-1', { tags: ['db', 'env=prod'], slots: 16 }),
    system.startAgent('db-2', { tags: ['db', 'env=test'], slots: 16 }),
  ]);
  await system.writePlugin('open', '');
});
afterAll(() => system?.dispose());

const open = () => `${system.pluginsDir}/open`;
const post = (owner: string) => system.api.runTask({ owner, plugin: 'gate', args: { open: open() } });
const hostsOf = async (run: Run): Promise<(string | null)[]> =>
  (await system.api.executionsOf(run.id)).map(({ agentName }) => agentName).sort();

describe('the owner of a task', () => {
  it('ALL is one execution on each agent', async () => {
    const run = await post('ALL');
    expect(run).toMatchObject({ state: 'succeeded', total: 4, counts: { succeeded: 4 } });
    expect(await hostsOf(run)).toEqual(['db-1', 'db-2', 'web-1', 'web-2']);
  });

  it('Anyone is one execution, and many of them spread evenly over the agents', async () => {
    const closed = `${system.folder}/not-yet`;
    const created = await Promise.all(
      Array.from({ length: 40 }, () => system.api.createTask({ owner: 'Anyone', plugin: 'gate', args: { open: closed } })),
    );
    const runs = created.map(({ run }) => run as Run);
    expect(runs.map(({ total }) => total)).toEqual(runs.map(() => 1));
    await system.writePlugin('../not-yet', '');
    const finals = await Promise.all(runs.map(({ id }) => system.api.finalRun(id)));
    expect(finals.map(({ state }) => state)).toEqual(finals.map(() => 'succeeded'));
    const hosts = (await Promise.all(finals.map(hostsOf))).flat();
    for (const name of ['db-1', 'db-2', 'web-1', 'web-2']) {
      const share = hosts.filter((host) => host === name).length;
      expect(share).toBeGreaterThanOrEqual(7);
      expect(share).toBeLessThanOrEqual(13);
    }
  });

  it('the choice for Anyone explains itself', async () => {
    const [execution] = await system.api.executionsOf((await post('Anyone')).id);
    const { assignment } = await system.api.execution(execution?.id ?? '');
    expect(assignment).toMatchObject({ chosen: execution?.agentName, considered: 4, eligible: 4, notEligible: {} });
    expect(assignment?.because).toContain('of 4 eligible agents');
  });

  it('a name is that one host', async () => {
    expect(await hostsOf(await post('db-1'))).toEqual(['db-1']);
  });

  it('a target expression is exactly the hosts that match', async () => {
    expect(await hostsOf(await post('tag:web & os:linux'))).toEqual(['web-1', 'web-2']);
    expect(await hostsOf(await post('tag:env=prod | name:db-*'))).toEqual(['db-1', 'db-2', 'web-1']);
    expect(await hostsOf(await post('!tag:web and not db-2'))).toEqual(['db-1']);
  });

  it('an expression that matches nobody leaves a row that says so', async () => {
    const run = await post('tag:web & os:win32');
    expect(run).toMatchObject({ state: 'skipped', total: 1, counts: { skipped: 1 } });
    const [execution] = await system.api.executionsOf(run.id);
    expect(execution).toMatchObject({ state: 'skipped', reason: 'no_host_matched', agentName: null, target: 'none' });
  });

  it.each([
    ['nobody-1', 'owner_unknown', undefined],
    ['all', 'owner_unknown', undefined],
    ['tag:web & & os:linux', 'owner_syntax', 11],
    ['tag:web & (os:linux', 'owner_syntax', 20],
    ['fact:cores>', 'owner_syntax', 12],
  ])('%j is refused with %s', async (owner, code, column) => {
    const { status, json } = await system.api.send('POST', '/api/v1/tasks', { owner, plugin: 'gate' });
    expect(status).toBe(422);
    const problem = json as Problem;
    expect(problem).toMatchObject({ code, field: 'owner' });
    expect(problem.column).toBe(column);
  });
});
