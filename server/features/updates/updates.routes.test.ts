import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AgentUpdate, AgentVersions, HostUpdate } from '../../../shared/api/updates.ts';
import { connectAgent, createAgentKeys, enrolAgent } from '../../../tests/support/agent-client.ts';
import { createApiClient } from '../../../tests/support/api-client.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { type ServerInProcess, startServerInProcess } from '../../../tests/support/server-in-process.ts';
import { writeStandInRelease } from '../../../tests/support/stand-in-release.ts';

const path = '/api/v1/agent-updates';
let server: ServerInProcess;
const agents: Awaited<ReturnType<typeof connectAgent>>[] = [];

beforeAll(async () => {
  server = await startServerInProcess();
});
afterAll(async () => {
  for (const agent of agents) agent.terminate();
  await server?.stop();
});

const refused = async (body: unknown) => {
  const { status, json } = await server.api.send('POST', path, body);
  return { status, ...(json as { code: string; field?: string; detail: string }) };
};

async function joined(name: string) {
  const keys = createAgentKeys();
  const { token } = await server.api.post<{ token: string }>('/api/v1/join-tokens');
  const { agentId } = await enrolAgent({ url: server.url, joinToken: token, name, keys });
  const agent = await connectAgent(server.url, { agentId, keys });
  agents.push(agent);
  return { ...agent, agentId };
}

describe('updates over the API', () => {
  it('need a release, hosts, and settings that make sense', async () => {
    expect(await refused({})).toMatchObject({
      status: 409,
      code: 'state_conflict',
      detail: expect.stringContaining('npm run build:agent'),
    });
    writeStandInRelease(join(server.folder, 'agents'), { version: '2.0.0' });
    expect(await refused({})).toMatchObject({ status: 422, field: 'target', detail: 'No host matches this target.' });
    await joined('web1');
    for (const [field, body] of [
      ['target', { target: 'nobody' }],
      ['target', { target: 'Anyone' }],
      ['canary', { canary: 'nobody' }],
      ['canary', { canary: 'tag:none' }],
      ['shares', { shares: [10, 50] }],
      ['shares', { shares: [50, 10, 100] }],
      ['atOnce', { atOnce: 0 }],
      ['mode', { mode: 'later' }],
      ['novelty', { novelty: 1 }],
    ] as const)
      expect([body, await refused(body)]).toEqual([body, expect.objectContaining({ status: 422, field })]);
  });

  it('are begun, read, paused, resumed and ended, and each of it is in the audit', async () => {
    const agent = await joined('web2');
    const made = await server.api.post<AgentUpdate>(path, { target: 'web2', pauseSeconds: 5 });
    expect(made).toMatchObject({
      version: '2.0.0',
      state: 'running',
      total: 1,
      counts: { waiting: 1 },
      createdBy: 'token:admin',
    });
    agent.send({ type: 'executable', sha256: '0'.repeat(64), commit: 'old', notUpdatable: null });
    expect(await agent.next('update')).toMatchObject({
      update: made.id,
      mode: 'idle',
      drainAfterSeconds: 600,
      healthySeconds: 120,
    });
    agent.send({ type: 'update_status', update: made.id, state: 'failed', message: 'There is no space.' });
    expect(await agent.next('update_ack')).toMatchObject({ update: made.id });
    const { items } = await server.api.get<{ items: HostUpdate[] }>(`${path}/${made.id}/hosts?state=failed&wave=0`);
    expect(items).toEqual([
      expect.objectContaining({ agentName: 'web2', state: 'failed', message: 'There is no space.', version: '1.0.0' }),
    ]);
    expect((await server.api.get<{ items: AgentUpdate[] }>(`${path}?limit=1`)).items[0]?.id).toBe(made.id);

    expect(await server.api.post<AgentUpdate>(`${path}/${made.id}/pause`)).toMatchObject({ state: 'paused' });
    expect(await server.api.post<AgentUpdate>(`${path}/${made.id}/resume`)).toMatchObject({ state: 'running' });
    expect(await server.api.post<AgentUpdate>(`${path}/${made.id}/end`)).toMatchObject({
      state: 'ended',
      finishedAt: expect.any(String),
    });
    expect(await server.api.post<AgentUpdate>(`${path}/${made.id}/end`)).toMatchObject({ state: 'ended' });
    expect((await server.api.send('POST', `${path}/${made.id}/resume`)).json).toMatchObject({ code: 'state_conflict' });
    const entries = await server.api.get<{ items: { action: string }[] }>(`/api/v1/audit?subject=${made.id}`);
    const actions = entries.items.map(({ action }) => action).reverse();
    expect(actions.filter((action) => action !== 'agent_update.paused')).toEqual([
      'agent_update.begun',
      'agent_update.resumed',
      'agent_update.ended',
    ]);
    expect(actions).toContain('agent_update.paused');
  });

  it('happen once for one Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'once' };
    const [first, second] = [await server.api.send('POST', path, {}, headers), await server.api.send('POST', path, {}, headers)];
    expect([first.status, second.status, second.json]).toEqual([201, 201, first.json]);
  });

  it('page by page, and tell what is not there', async () => {
    const first = await server.api.get<{ items: AgentUpdate[]; next: string }>(`${path}?limit=1`);
    const second = await server.api.get<{ items: AgentUpdate[] }>(`${path}?limit=1&after=${first.next}`);
    expect(second.items[0]?.id).not.toBe(first.items[0]?.id);
    const id = first.items[0]?.id;
    const hosts = await server.api.get<{ items: HostUpdate[]; next: string }>(`${path}/${id}/hosts?limit=1`);
    const others = await server.api.get<{ items: HostUpdate[]; next: null }>(`${path}/${id}/hosts?limit=1&after=${hosts.next}`);
    expect([...hosts.items, ...others.items].map(({ agentName }) => agentName)).toEqual(['web2', 'web1']);
    for (const asked of [`${path}/upd_none`, `${path}/upd_none/hosts`])
      expect((await server.api.send('GET', asked)).status).toBe(404);
    expect((await server.api.send('GET', `${path}?after=nonsense`)).json).toMatchObject({ code: 'cursor_invalid' });
  });

  it('are for those who may change agents; others see them', async () => {
    const { token } = await server.api.post<{ token: string }>('/api/v1/tokens', { name: 'viewer', role: 'viewer' });
    const viewer = createApiClient({ url: () => server.url, token: () => token });
    expect((await viewer.send('GET', path)).status).toBe(200);
    for (const asked of [path, `${path}/upd_x/pause`, `${path}/upd_x/resume`, `${path}/upd_x/end`])
      expect([asked, (await viewer.send('POST', asked, {})).status]).toEqual([asked, 403]);
    expect((await server.stranger.send('GET', path)).status).toBe(401);
  });

  it('show which executables there are', async () => {
    const agent = await joined('web3');
    const { release } = await server.stranger.get<{ release: { files: { sha256: string }[] } }>('/downloads/release.json');
    agent.send({ type: 'executable', sha256: release.files[0]?.sha256 ?? '', commit: 'unknown', notUpdatable: null });
    const read = () => server.api.get<AgentVersions>('/api/v1/agent-versions');
    await eventually('it has told', async () => (await read()).versions.some(({ isOffered }) => isOffered));
    const { offered, versions } = await read();
    expect(offered).toEqual({ version: '2.0.0', commit: 'unknown' });
    expect(versions.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(versions).toContainEqual({ version: '1.0.0', commit: 'unknown', count: 1, isOffered: true });
  });
});
