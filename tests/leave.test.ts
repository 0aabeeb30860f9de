import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AuditEntry } from '../shared/api/access.ts';
import type { Page } from '../shared/api/listing.ts';
import { startProgram } from './support/child-program.ts';
import { exitOf } from './support/exit-of.ts';
import { type System, startSystem } from './support/system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
}, 30_000);
afterAll(() => system.dispose());

/** `muster-agent leave`, as the installers call it. */
async function leave(dir: string): Promise<{ code: number | null; said: string }> {
  const { child, output } = startProgram({ program: 'agent', args: ['leave', '--dir', dir], env: {} });
  const [code] = await exitOf(child, output);
  return { code, said: output().trim() };
}

const names = async () => (await system.api.agents()).map(({ name }) => name);

it('a host that leaves after its agent has stopped is gone from the server, and told so again when it asks again', async () => {
  const agent = await system.startAgent('host-leaves');
  await agent.stop();
  expect(await leave(agent.folder)).toEqual({ code: 0, said: `The server at ${system.server().url} knows that this host left.` });
  expect(await names()).not.toContain('host-leaves');
  const { items } = await system.api.get<Page<AuditEntry>>('/api/v1/audit?limit=20');
  expect(items.map(({ action }) => action)).toContain('agent.left');
  expect(await leave(agent.folder)).toMatchObject({
    code: 0,
    said: expect.stringContaining('does not know this agent any more'),
  });
}, 30_000);

it('a host whose agent still runs keeps its place, and so does the one from which it was cloned', async () => {
  const agent = await system.startAgent('host-stays');
  expect(await leave(agent.folder)).toMatchObject({ code: 1, said: expect.stringContaining('Stop the agent before it leaves') });
  expect(await names()).toContain('host-stays');
}, 30_000);

it('there is nothing to tell of a folder that never joined', async () => {
  expect(await leave(`${system.folder}/nothing`)).toMatchObject({ code: 0, said: expect.stringContaining('nothing to tell') });
});

it('a server that is away does not hold up whoever removes the agent', async () => {
  const agent = await system.startAgent('host-alone');
  await agent.stop();
  await system.server().stop();
  const { code, said } = await leave(agent.folder);
  expect([code, said]).toEqual([5, expect.stringContaining('Remove the agent "host-alone" there by hand.')]);
  await system.startServer();
}, 30_000);
