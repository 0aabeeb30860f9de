import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { helloOf, openSocket } from '../../../tests/support/agent-client.ts';
import { type JoinedAgent, startAgents, type TestAgents } from '../../../tests/support/agents.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { heartbeat } from '../../../tests/support/heartbeat.ts';

const minute = 60_000;
let test: TestAgents;
let agent: JoinedAgent;

beforeEach(async () => {
  test = await startAgents();
  agent = await test.join('web01');
});
afterEach(() => test.dispose());

const original = { lives: ['a'], host: { name: 'web01', address: '10.0.0.5' } };
const copy = { lives: ['b', 'a0'], host: { name: 'web01-clone', address: '10.0.0.9' } };

/** The copy asks to come in, as it does every half minute, and is turned away. */
async function copyAsks(): Promise<void> {
  const client = await openSocket(test.url);
  client.send(helloOf((await client.next('challenge')).nonce, { agentId: agent.id, keys: agent.keys, ...copy }));
  expect((await client.next('refused')).code).toBe('agent_duplicate');
  await client.closed;
}

const duplicate = () => test.agents.get(agent.id)?.duplicate ?? null;
const row = () => test.db.read.selectFrom('agents').select('duplicate').executeTakeFirstOrThrow();
const audited = async (action: string) =>
  (await test.audit.list({ limit: 50 })).items.filter((entry) => entry.action === action).length;

async function untilMarked(): Promise<void> {
  for (let times = 0; times < 3; times += 1) {
    await copyAsks();
    await test.clock.advance(minute / 2);
  }
  await eventually('it is marked', () => duplicate() !== null);
}

describe('an agent that is there twice', () => {
  it('is marked when the second one keeps asking, with both hosts, in its row, in the audit and for those who read', async () => {
    await test.connect(agent, original);
    await copyAsks();
    await copyAsks();
    expect(duplicate()).toBeNull();
    await copyAsks();
    await eventually('it is marked', () => duplicate() !== null);
    expect(test.agents.shown(test.agents.get(agent.id) as never).duplicate).toMatchObject({
      hosts: [
        { name: 'web01', address: expect.stringMatching(/^(::ffff:)?127\.0\.0\.1, own address 10\.0\.0\.5$/) },
        { name: 'web01-clone', address: expect.stringContaining('10.0.0.9') },
      ],
    });
    expect(JSON.parse((await row()).duplicate ?? 'null')).toEqual(duplicate());
    expect(await audited('agent.duplicated')).toBe(1);
    expect(test.emitted).toContainEqual(['agent.changed', agent.id]);
  });

  it('stays one to those who send it work: the one who was there first', async () => {
    const first = await test.connect(agent, original);
    await untilMarked();
    expect(test.agents.send(agent.id, { type: 'heartbeat_ack', time: 1 })).toBe(true);
    expect((await first.next('heartbeat_ack', ({ time }) => time === 1)).time).toBe(1);
  });

  it('is forgiven a quarter of an hour after the last turn, and marked again when it begins anew', async () => {
    const first = await test.connect(agent, original);
    await untilMarked();
    for (let halfMinutes = 0; halfMinutes < 32; halfMinutes += 1) {
      first.send(heartbeat);
      await first.next('heartbeat_ack');
      await test.clock.advance(minute / 2);
    }
    await eventually('it is forgiven', () => duplicate() === null);
    expect((await row()).duplicate).toBeNull();
    expect(await audited('agent.duplicate_over')).toBe(1);
    await untilMarked();
    expect(await audited('agent.duplicated')).toBe(2);
  });

  it('is still marked after a restart of the server, for as long', async () => {
    await test.connect(agent, original);
    await untilMarked();
    const restarted = await startAgents({ database: test.database, identity: test.identity, clock: test.clock });
    try {
      expect(restarted.agents.get(agent.id)?.duplicate).toEqual(duplicate());
    } finally {
      await restarted.dispose();
    }
  });
});
