import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../shared/api/runs.ts';
import { type AgentProcess, startAgentProcess } from './support/agent-process.ts';
import { eventually } from './support/eventually.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';
import { createVisitor } from './support/visitor.ts';
import { startWireTap, type WireTap } from './support/wire-tap.ts';

/** The same way in the words of the README, in their order. */
const told = ['POST', '`queued`', '`offer`', '`accept`', '`start`', 'plugin', 'Output', 'result', '`ack`', 'pages'];

let server: ServerInProcess;
let tap: WireTap;
let agent: AgentProcess;

beforeAll(async () => {
  server = await startServerInProcess({
    'greet.js': "export function main([who], { log }) { log('hello ' + who); return { greeted: who }; }\n",
  });
  tap = await startWireTap(server.url);
  const { token } = await server.api.post<{ token: string }>('/api/v1/join-tokens');
  agent = startAgentProcess({ name: 'host-1', folder: join(server.folder, 'agent'), serverUrl: tap.url, joinToken: token });
  await eventually('the agent holds the plugin', async () => (await server.api.plugins())[0]?.heldBy === 1, 15_000);
});

afterAll(async () => {
  await agent?.stop();
  await tap?.close();
  await server?.stop();
});

describe('the life of a task', () => {
  it('goes from the POST over every hop to the page of its execution', async () => {
    const began = performance.now();
    const created = await server.api.createTask({ owner: 'host-1', plugin: 'greet', args: ['world'] });
    const run = created.run as Run;
    // the rows are there before the answer
    const [queued] = await server.api.executionsOf(run.id);
    expect(queued).toMatchObject({ runId: run.id, taskId: created.task.id, agentName: 'host-1', plugin: 'greet' });
    const id = queued?.id ?? '';

    expect(await server.api.finalRun(run.id)).toMatchObject({ state: 'succeeded', counts: { succeeded: 1 }, open: 0 });
    const acknowledged = (): boolean => tap.messages.some(({ type, execution }) => type === 'ack' && execution === id);
    await eventually('the result is acknowledged', acknowledged);
    expect(await server.api.execution(id)).toMatchObject({ state: 'succeeded', attempt: 1, data: { greeted: 'world' } });
    expect(await server.api.log(id)).toBe('hello world\n');

    const visitor = createVisitor(server.url);
    await visitor.open(server.running.signInUrl);
    const { html: page } = await visitor.open(`/executions/${id}`);
    expect(page).toContain('Succeeded');
    expect(page).toContain('hello world');
    expect(page).toContain('greeted');
    console.info(`from the POST to the page: ${Math.round(performance.now() - began)} ms`);

    expect(spoken(id)).toEqual(['server: offer', 'agent: accept', 'server: start', 'agent: log', 'agent: result', 'server: ack']);
    expect(server.errors).toEqual([]);
  });

  it('is told in the README hop by hop, with files that are there', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const section = /^## The life of a task$([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(readme)?.[1] ?? '';
    let from = 0;
    for (const word of told) {
      const at = section.indexOf(word, from);
      expect({ word, isToldInOrder: at >= 0 }).toEqual({ word, isToldInOrder: true });
      from = at + word.length;
    }
    const links = [...section.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? '');
    expect(links.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([]);
  });
});

/** What both sides said of an execution, without the acknowledgements of the log, which may come before or after the result. */
const spoken = (id: string): string[] =>
  tap.messages
    .filter(({ execution, type }) => execution === id && type !== 'log_ack')
    .map(({ from, type }) => `${from}: ${type}`);
