import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../shared/api/runs.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

/** Says its version, at once or when a file is there. */
const sourceOf = (version: string): string => `
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main({ started, open }, context) {
  if (started) writeFileSync(started, '');
  while (open && !existsSync(open)) await pause(20, undefined, { signal: context.signal });
  return '${version}';
}
`;

const agents = ['one', 'two', 'three'];
let system: System;

beforeAll(async () => {
  system = await startSystem({ plugins: { 'versioned.js': sourceOf('first') } });
  await Promise.all(agents.map((name) => system.startAgent(name)));
});
afterAll(() => system?.dispose());

const held = async (): Promise<{ sha256: string; heldBy: number } | undefined> =>
  (await system.api.plugins()).find(({ name }) => name === 'versioned');

async function dataOf(run: Run): Promise<unknown[]> {
  return (await system.api.executionsOf(run.id)).map(({ data }) => data);
}

describe('a plugin that is edited in the folder', () => {
  it('reaches every agent within seconds, and what runs keeps the version that it began with', async () => {
    await eventually('every agent holds the first version', async () => (await held())?.heldBy === agents.length);
    const before = await held();
    const [started, open] = [`${system.folder}/started`, `${system.folder}/open`];
    const { run } = await system.api.createTask({ owner: 'one', plugin: 'versioned', args: { started, open } });
    await eventually('the first run runs', () => existsSync(started));

    const editedAt = performance.now();
    await system.writePlugin('versioned.js', sourceOf('second'));
    await eventually(
      'every agent holds the second version',
      async () => {
        const now = await held();
        return now !== undefined && now.sha256 !== before?.sha256 && now.heldBy === agents.length;
      },
      5_000,
    );
    console.info(`an edited plugin was on ${agents.length} agents after ${Math.round(performance.now() - editedAt)} ms`);

    expect(await dataOf(await system.api.runTask({ owner: 'ALL', plugin: 'versioned' }))).toEqual(['second', 'second', 'second']);
    await system.writePlugin('../open', '');
    const first = await system.api.finalRun(run?.id ?? '');
    expect(await dataOf(first)).toEqual(['first']);
    expect(first.pluginSha256).toBe(before?.sha256);
  });

  it('stays as it was when the edit is broken, and the reason is told', async () => {
    const before = await held();
    await system.writePlugin('versioned/plugin.json', '{ "name": "versioned" ');
    await eventually('the server says what is wrong', () => /plugin not loaded.*plugin\.json/.test(system.server().output()));
    expect((await held())?.sha256).toBe(before?.sha256);
    expect(await dataOf(await system.api.runTask({ owner: 'two', plugin: 'versioned' }))).toEqual(['second']);
  });
});
