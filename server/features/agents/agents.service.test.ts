import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Metrics } from '../../../shared/metrics.ts';
import { closeCodes } from '../../../shared/protocol.ts';
import { type JoinedAgent, startAgents, type TestAgents } from '../../../tests/support/agents.ts';
import { someAdmin } from '../../../tests/support/auth.ts';
import { eventually } from '../../../tests/support/eventually.ts';

const metrics: Metrics = {
  cpuPercent: 12.5, memoryUsedBytes: 1, memoryTotalBytes: 2, diskUsedBytes: 1, diskTotalBytes: 2, load1: 0, agentMemoryBytes: 1,
}; // biome-ignore format: a sample
let test: TestAgents;

beforeEach(async () => {
  test = await startAgents({ busyOf: () => 2 });
});
afterEach(() => test.dispose());

const row = (agent: JoinedAgent) => test.db.read.selectFrom('agents').selectAll().where('id', '=', agent.id).executeTakeFirst();
const eventsOf = (agent: JoinedAgent) => test.emitted.filter(([, id]) => id === agent.id).map(([name]) => name);

describe('the status of an agent', () => {
  it('follows the age of its last heartbeat, and each change is an event', async () => {
    const agent = await test.join('web01');
    const client = await test.connect(agent);
    await test.clock.advance(30_000);
    client.send({ type: 'heartbeat', metrics });
    await client.next('heartbeat_ack');
    expect(test.agents.get(agent.id)).toMatchObject({ status: 'Online', metrics, lastSeenAt: test.clock.now() });
    client.terminate();
    await eventually('it is disconnected', () => test.agents.get(agent.id)?.connected === false);
    test.emitted.length = 0;
    await test.clock.advance(59_000);
    expect(test.agents.get(agent.id)?.status).toBe('Online');
    await test.clock.advance(1_000);
    expect(test.agents.get(agent.id)?.status).toBe('Idle');
    await test.clock.advance(241_000);
    expect(test.agents.get(agent.id)?.status).toBe('Offline');
    expect(eventsOf(agent)).toEqual(['agent.changed', 'agent.changed']);
    expect(test.agents.counts()).toEqual({ online: 0, idle: 0, offline: 1, revoked: 0 });
  });

  it('is told when it connects and disconnects, and a heartbeat is an event of its own', async () => {
    const agent = await test.join('web01');
    const client = await test.connect(agent);
    test.emitted.length = 0;
    client.send({ type: 'heartbeat', metrics });
    await client.next('heartbeat_ack');
    client.close();
    await eventually('it is gone', () => test.told.includes('gone web01'));
    expect(eventsOf(agent)).toEqual(['agent.metrics', 'agent.changed']);
    expect(test.told).toEqual(['ready web01', 'gone web01']);
  });
});

describe('heartbeats', () => {
  it('reach the row at most once a minute, and once more when the server stops', async () => {
    const agent = await test.join('web01');
    const client = await test.connect(agent);
    const beat = async (): Promise<void> => {
      client.send({ type: 'heartbeat', metrics });
      await client.next('heartbeat_ack');
    };
    await beat();
    await test.clock.advance(10_000);
    const first = (await row(agent))?.last_seen_at ?? 0;
    expect(first).toBe(test.clock.now() - 10_000);
    await beat();
    await test.clock.advance(30_000);
    await beat();
    expect((await row(agent))?.last_seen_at).toBe(first);
    await test.clock.advance(25_000);
    expect((await row(agent))?.last_seen_at).toBe(test.clock.now() - 25_000);
    await beat();
    await test.agents.stop();
    await test.agents.stop();
    expect(await row(agent)).toMatchObject({ last_seen_at: test.clock.now(), metrics: JSON.stringify(metrics) });
  });

  it('of many agents are written together', async () => {
    const joined = await Promise.all(Array.from({ length: 25 }, (_, n) => test.join(`host${n}`)));
    await Promise.all(joined.map((agent) => test.connect(agent)));
    await test.clock.advance(5_000);
    const rows = await test.db.read.selectFrom('agents').select('last_seen_at').execute();
    expect(rows.filter(({ last_seen_at }) => last_seen_at !== null)).toHaveLength(25);
  });
});

describe('facts', () => {
  it('are kept in the row and in memory, and the same ones again change nothing', async () => {
    const agent = await test.join('web01');
    const client = await test.connect(agent);
    client.send({ type: 'facts', facts: { cores: 8, distro: 'Debian' }, runtimes: { python: '3.11.2' } });
    await eventually('they are known', () => test.agents.get(agent.id)?.facts.cores === 8);
    expect(test.agents.get(agent.id)?.runtimes).toEqual({ python: '3.11.2' });
    expect(await row(agent)).toMatchObject({ facts: '{"cores":8,"distro":"Debian"}', runtimes: '{"python":"3.11.2"}' });
    expect(test.agents.resolveOwner('fact:cores>4').agents).toHaveLength(1);
    test.emitted.length = 0;
    client.send(
      { type: 'facts', facts: { cores: 8, distro: 'Debian' }, runtimes: { python: '3.11.2' } },
      { type: 'heartbeat', metrics },
    );
    await client.next('heartbeat_ack');
    await eventually('the heartbeat was handled', () => test.emitted.length > 0);
    expect(eventsOf(agent)).toEqual(['agent.metrics']);
  });

  it('are bounded', async () => {
    const agent = await test.join('web01');
    const client = await test.connect(agent);
    const facts = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`f${n}`, n]));
    const long = 'x'.repeat(1_000_000);
    client.send({ type: 'facts', facts, runtimes: { node: long, [long]: '1' } });
    await eventually('they are known', () => Object.keys(test.agents.get(agent.id)?.facts ?? {}).length > 0);
    expect(Object.keys(test.agents.get(agent.id)?.facts ?? {})).toHaveLength(200);
    expect(test.agents.get(agent.id)?.runtimes).toEqual({ node: long.slice(0, 100), [long.slice(0, 100)]: '1' });
  });
});

describe('changing agents', () => {
  it('renames and tags', async () => {
    const agent = await test.join('web01');
    test.emitted.length = 0;
    const detail = await test.agents.patch(agent.id, { name: 'www', tags: ['a', 'a', 'b=c'] }, someAdmin, {
      address: '10.0.0.1',
    });
    expect(detail).toMatchObject({ name: 'www', tags: ['a', 'b=c'], busy: 2, plugins: [] });
    expect([test.agents.byName('web01'), test.agents.byName('www')?.id]).toEqual([undefined, agent.id]);
    expect(eventsOf(agent)).toEqual(['agent.changed']);
    const { items } = await test.audit.list({ limit: 1, subject: agent.id });
    expect(items[0]).toMatchObject({
      actor: someAdmin.name,
      action: 'agent.changed',
      detail: { was: 'web01', name: 'www' },
      address: '10.0.0.1',
    });
  });

  it('refuses a name that another agent has, also when both are renamed at once', async () => {
    const [one, two] = [await test.join('one'), await test.join('two')];
    await expect(test.agents.patch(one.id, { name: 'two' }, someAdmin)).rejects.toMatchObject({ code: 'name_taken' });
    const outcomes = await Promise.allSettled(
      [one, two].map((agent) => test.agents.patch(agent.id, { name: 'same' }, someAdmin)),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(test.agents.patch('agt_nobody', {}, someAdmin)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('revokes one and leaves the others alone', async () => {
    const [bad, good] = [await test.join('bad'), await test.join('good')];
    const [badClient, goodClient] = [await test.connect(bad), await test.connect(good)];
    expect(await test.agents.revoke(bad.id, someAdmin)).toMatchObject({ status: 'Revoked', connected: false });
    await test.agents.revoke(bad.id, someAdmin);
    expect((await badClient.closed).code).toBe(closeCodes.revoked);
    await expect(test.connect(bad)).rejects.toThrow('closed with 4403');
    goodClient.send({ type: 'heartbeat', metrics });
    await goodClient.next('heartbeat_ack');
    expect(test.told).toEqual(['ready bad', 'ready good', 'gone bad', `removed ${bad.id}`]);
    expect(test.agents.send(bad.id, { type: 'heartbeat_ack', time: 0 })).toBe(false);
    expect(test.agents.counts()).toEqual({ online: 1, idle: 0, offline: 0, revoked: 1 });
  });

  it('removes an agent that is not connected, or was revoked, and frees its name', async () => {
    const agent = await test.join('web01');
    const client = await test.connect(agent);
    await expect(test.agents.remove(agent.id, someAdmin)).rejects.toMatchObject({ code: 'state_conflict' });
    client.close();
    await eventually('it is gone', () => test.agents.get(agent.id)?.connected === false);
    await test.agents.remove(agent.id, someAdmin);
    expect([test.agents.get(agent.id), await row(agent)]).toEqual([undefined, undefined]);
    expect(test.told.at(-1)).toBe(`removed ${agent.id}`);
    await expect(test.agents.remove(agent.id, someAdmin)).rejects.toMatchObject({ code: 'not_found' });
    const again = await test.join('web01');
    expect(again.id).not.toBe(agent.id);
    await test.agents.revoke(again.id, someAdmin);
    await test.agents.remove(again.id, someAdmin);
    await expect(test.connect(again)).rejects.toThrow('closed with 4401');
  });
});

describe('owners', () => {
  beforeEach(async () => {
    for (const [name, tags] of [
      ['web01', ['web']],
      ['web02', ['web', 'old']],
      ['db01', ['db']],
      ['gone', ['web']],
    ] as const) {
      await test.join(name, { tags: [...tags] });
    }
    await test.agents.revoke(test.agents.byName('gone')?.id ?? '', someAdmin);
  });
  const names = (owner: string) => test.agents.resolveOwner(owner).agents.map((agent) => agent.name);

  it('are everybody, anybody, one or those who match, and never a revoked agent', () => {
    expect(names('ALL')).toEqual(['web01', 'web02', 'db01']);
    expect(test.agents.resolveOwner('Anyone')).toMatchObject({ kind: 'anyone', agents: { length: 3 } });
    expect(test.agents.resolveOwner('db01')).toMatchObject({ kind: 'agent', agents: [{ name: 'db01' }] });
    expect(names('tag:web & !tag:old')).toEqual(['web01']);
    expect(names('db*, web02')).toEqual(['web02', 'db01']);
    expect(names('nobody*')).toEqual([]);
    expect(test.agents.resolveOwner('tag:web').kind).toBe('expression');
  });

  it.each([
    ['web03', 'owner_unknown', 'There is no agent "web03"'],
    ['gone', 'owner_unknown', 'was revoked'],
    ['all', 'owner_unknown', 'Did you mean ALL?'],
    ['tag:web &', 'owner_syntax', 'but the expression ends'],
  ])('that make no sense are errors of the owner: %s', (owner, code, message) => {
    expect(() => test.agents.resolveOwner(owner)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(message),
        details: expect.objectContaining({ field: 'owner' }),
      }),
    );
  });

  it('can be previewed', async () => {
    await test.connect({ ...(await test.join('web09', { tags: ['web'] })) });
    expect(test.agents.preview('tag:web')).toEqual({
      owner: 'tag:web',
      kind: 'expression',
      matched: 3,
      online: 1,
      ready: 1,
      names: ['web01', 'web02', 'web09'],
      held: [{ reason: 'status', text: 'offline', count: 2, names: ['web01', 'web02'] }],
      others: [
        { reason: 'no_match', text: 'tag:web does not hold', count: 1, names: ['db01'] },
        { reason: 'revoked', text: 'revoked', count: 1, names: ['gone'] },
      ],
    });
    expect(test.agents.preview('web09', ['win32'])).toMatchObject({
      ready: 0,
      held: [{ reason: 'platform', text: 'the plugin does not run on Linux', count: 1, names: ['web09'] }],
      others: [],
    });
  });
});

describe('sending', () => {
  it('reaches one agent, or all of them', async () => {
    const [one, two] = [await test.join('one'), await test.join('two')];
    const [first, second] = [await test.connect(one), await test.connect(two)];
    expect(test.agents.send(one.id, { type: 'ack', execution: 'e', attempt: 1 })).toBe(true);
    await first.next('ack');
    test.agents.broadcast({ type: 'plugins', plugins: { text: 'x', signature: '' } });
    await Promise.all([first.next('plugins'), second.next('plugins')]);
    expect(test.agents.send('agt_nobody', { type: 'ack', execution: 'e', attempt: 1 })).toBe(false);
  });
});
