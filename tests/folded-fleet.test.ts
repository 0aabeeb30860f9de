import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Folded, Run, RunGrid } from '../shared/api/runs.ts';
import { type AgentClient, type AgentKeys, connectAgent, createAgentKeys, enrolAgent } from './support/agent-client.ts';
import { heartbeat } from './support/heartbeat.ts';
import { outputSha256 } from './support/output-sha256.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

/** A thousand hosts that speak the real protocol over sockets of their own, in one process. */
const web = Array.from({ length: 480 }, (_, index) => `web${pad(index + 1)}`);
const db = Array.from({ length: 300 }, (_, index) => `db${pad(index + 1)}`);
const app = Array.from({ length: 220 }, (_, index) => `app${pad(index + 1)}`);
const names = [...web, ...db, ...app];

const common = 'Linux\nkernel 6.1.0-18\nglibc 2.36\nopenssl 3.0.11\nlast reboot: clean\n';
/** Ten kinds of output; of the last, one host differs in one line only. */
function outputOf(name: string): string {
  if (name === 'web0317') return common.replace('openssl 3.0.11', 'openssl 3.0.9');
  if (name.startsWith('web')) return common;
  const number = Number(name.slice(-4));
  if (name.startsWith('db')) return `database ${['primary', 'replica', 'arbiter'][Math.floor((number - 1) / 100)]}\n`;
  return `app release ${Math.floor((number - 1) / 44)}\n`;
}

let server: ServerInProcess;
let keys: AgentKeys;
const agents: AgentClient[] = [];
let run: Run;

beforeAll(async () => {
  server = await startServerInProcess({ 'noop.sh': 'true\n' });
  keys = createAgentKeys();
  const { token } = await server.api.post<{ token: string }>('/api/v1/join-tokens', { maxUses: 1000 });
  for (let from = 0; from < names.length; from += 50)
    agents.push(...(await Promise.all(names.slice(from, from + 50).map((name) => join(name, token)))));
  const created = await server.api.createTask({ owner: 'ALL', plugin: 'noop' });
  run = created.run as Run;
  await Promise.all(agents.map((agent, index) => answer(agent, names[index] as string)));
  run = await server.api.finalRun(run.id, 60);
}, 120_000);

afterAll(async () => {
  for (const agent of agents) agent.close();
  await server.stop();
});

async function join(name: string, joinToken: string): Promise<AgentClient> {
  const { agentId } = await enrolAgent({ url: server.url, joinToken, name, keys });
  const agent = await connectAgent(server.url, { agentId, keys });
  agent.send({ type: 'facts', facts: {}, runtimes: { bash: '5.2' } }, heartbeat);
  return agent;
}

async function answer(agent: AgentClient, name: string): Promise<void> {
  const { execution, attempt, logFrom } = await agent.next('offer');
  const which = { execution, attempt };
  agent.send({ type: 'accept', ...which });
  await agent.next('start');
  const text = outputOf(name);
  const end = {
    outcome: 'succeeded',
    reason: 'finished',
    message: '',
    exitCode: 0,
    data: null,
    durationMs: 1,
    cutBytes: 0,
  } as const;
  agent.send(
    { type: 'log', ...which, offset: logFrom, stream: 'out', at: Date.now(), text },
    { type: 'result', ...which, ...end, logSize: logFrom + Buffer.byteLength(text), ...digestOf(name, text) },
  );
  await agent.next('ack');
}

/** Every fifth host has an older agent, which tells no digest. */
function digestOf(name: string, text: string): { outputSha256?: string } {
  if (Number(name.slice(-4)) % 5 === 0) return {};
  return { outputSha256: outputSha256(text) };
}

function pad(number: number): string {
  return String(number).padStart(4, '0');
}

describe('a run on a thousand hosts with ten different outputs', () => {
  it('folds into ten groups with the right ranges, the rarest first', async () => {
    const { groups, omitted, total } = await server.api.get<Folded>(`/api/v1/runs/${run.id}/folded`);
    expect({ total, omitted, count: groups.length }).toEqual({ total: 1000, omitted: { groups: 0, executions: 0 }, count: 10 });
    expect(groups.map(({ hosts, count }) => `${hosts} ${count}`)).toEqual([
      'web0317 1',
      ...ranges('app', 44, 5),
      ...ranges('db', 100, 3),
      'web[0001-0316,0318-0480] 479',
    ]);
    expect(groups.map(({ majority }) => majority)).toEqual([...Array<boolean>(9).fill(false), true]);
  });

  it('shows of the outlier the line in which it differs', async () => {
    const { groups } = await server.api.get<Folded>(`/api/v1/runs/${run.id}/folded`);
    expect(groups[0]).toMatchObject({
      hosts: 'web0317',
      diff: { added: 1, removed: 1 },
      dataDiff: null,
      output: outputOf('web0317'),
    });
    expect(groups[0]?.diff?.patch).toContain('-openssl 3.0.11\n+openssl 3.0.9\n');
    expect(groups.at(-1)?.diff).toBeNull();
  });

  it('is a grid of all hosts in the natural order of their names', async () => {
    const { json, headers } = await server.api.send('GET', `/api/v1/runs/${run.id}/grid`, undefined, {
      'accept-encoding': 'gzip',
    });
    const grid = json as RunGrid;
    expect(headers.get('content-encoding')).toBe('gzip');
    expect(grid).toMatchObject({ total: 1000, open: 0, state: 'succeeded', cells: 's'.repeat(1000) });
    expect(grid.names).toEqual([...app, ...db, ...web]);
    const { agentName } = await server.api.execution(grid.idPrefix + grid.ids[999]);
    expect(agentName).toBe('web0480');
  });

  it('runs again on the hosts that differ, and on those alone', async () => {
    const again = await server.api.post<Run>(`/api/v1/runs/${run.id}/retry`, { only: 'different' });
    expect(again).toMatchObject({ total: 521, trigger: 'retry', retryOf: { runId: run.id, only: 'different' } });
    const { names: hosts } = await server.api.get<RunGrid>(`/api/v1/runs/${again.id}/grid`);
    expect(hosts).toEqual([...app, ...db, 'web0317']);
    await server.api.post(`/api/v1/runs/${again.id}/cancel`);
    const nothing = await server.api.send('POST', `/api/v1/runs/${run.id}/retry`, { only: 'failed' });
    expect(nothing).toMatchObject({ status: 409, json: { code: 'state_conflict', field: 'only' } });
  });
});

const ranges = (role: string, size: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${role}[${pad(index * size + 1)}-${pad((index + 1) * size)}] ${size}`);
