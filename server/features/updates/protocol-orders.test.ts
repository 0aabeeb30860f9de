import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newUpdate } from '../../../shared/api/updates.ts';
import { proofText, protocolVersion, type ServerMessageOf } from '../../../shared/protocol.ts';
import { createAgentKeys, freshNonce, openSocket } from '../../../tests/support/agent-client.ts';
import type { JoinedAgent } from '../../../tests/support/agents.ts';
import { someAdmin } from '../../../tests/support/auth.ts';
import { startUpdatingFleet, type UpdatingFleet } from '../../../tests/support/updating-fleet.ts';

const otherProtocol = protocolVersion + 1;
let fleet: UpdatingFleet;
beforeEach(async () => {
  fleet = await startUpdatingFleet();
});
afterEach(() => fleet.dispose());

/** An agent of another protocol tries to connect. */
async function tries({ id, keys }: JoinedAgent, more: object = {}): Promise<ServerMessageOf<'refused'>> {
  const socket = await openSocket(fleet.agents.url);
  const challenge = await socket.next('challenge');
  const nonce = freshNonce();
  const signature = keys.sign(proofText('agent', challenge.nonce, nonce, id, otherProtocol));
  const hello = {
    type: 'hello',
    protocol: otherProtocol,
    agentId: id,
    agentVersion: '9.0.0',
    nonce,
    signature,
    os: 'linux',
    arch: 'x64',
  };
  socket.sendText(JSON.stringify({ ...hello, novelty: { of: 'that version' }, ...more }));
  const refused = await socket.next('refused');
  expect((await socket.closed).code).toBe(4426);
  return refused;
}

const old = async (name = 'old') => (await fleet.host(name, 'well', false)).agent;

describe('an agent of another protocol', () => {
  it('is told how to come to this one, and shown as what it is until it has', async () => {
    const agent = await old();
    const refused = await tries(agent);
    expect(refused).toMatchObject({
      code: 'protocol_unsupported',
      update: {
        update: expect.stringMatching(/^protocol_[0-9a-f]{16}$/),
        mode: 'idle',
        release: { release: { version: '2.0.0' } },
      },
    });
    expect((await tries(agent)).update?.update).toBe(refused.update?.update);
    expect(fleet.agents.agents.get(agent.id)).toMatchObject({ otherProtocol, version: '9.0.0' });
    await fleet.named('old').come();
    expect(fleet.agents.agents.get(agent.id)).toMatchObject({ otherProtocol: null, version: '1.0.0' });
  });

  it.each([
    ['whose proof is wrong', { signature: createAgentKeys().sign('anything') }],
    ['of a platform that there is nothing for', { os: 'win32' }],
    ['whose hello lacks what every version has', { agentId: 7 }],
    ['that is not enrolled', { agentId: 'agt_nobody' }],
  ])('%s gets no order', async (_, more) => {
    const refused = await tries(await old(), more);
    expect([refused.code, refused.update]).toEqual(['protocol_unsupported', undefined]);
  });

  it('that lies about who it is leaves no trace', async () => {
    const agent = await old();
    await tries({ ...agent, keys: createAgentKeys() });
    expect(fleet.agents.agents.get(agent.id)).toMatchObject({ otherProtocol: null, version: '' });
  });

  it('takes a place, and when all are taken the next one has to come again', async () => {
    for (let number = 0; number < 20; number += 1) expect((await tries(await old(`old${number}`))).update).toBeDefined();
    const late = await old('late');
    expect((await tries(late)).update).toBeUndefined();
    await fleet.clock.advance(900_000);
    expect((await tries(late)).update).toBeDefined();
  });

  it('gets the order of the update that is in force when its wave has begun, and counts as failed when that does not help', async () => {
    const agent = await old();
    await fleet.host('web01');
    const { id } = await fleet.updates.service.create(newUpdate.parse({ canary: 'web01' }), someAdmin);
    expect((await tries(agent)).update).toBeUndefined();
    await fleet.until('the first wave is over', async () => (await fleet.get(id)).counts.healthy === 1);
    await fleet.until('done', async () => (await fleet.get(id)).state === 'done');
    expect((await tries(agent)).update).toMatchObject({ update: id });
    const row = async () => (await fleet.rows(id)).find(({ agentName }) => agentName === 'old');
    expect(await row()).toMatchObject({ state: 'offered', message: expect.stringContaining(`speaks protocol ${otherProtocol}`) });
    expect((await tries(agent)).update).toMatchObject({ update: id });
    await fleet.until('given up', async () => (await row())?.state === 'failed', 1200);
    expect((await tries(agent)).update).toBeUndefined();
    await fleet.until('paused', async () => (await fleet.get(id)).state === 'paused');
  });

  it('gets nothing while the update is paused', async () => {
    const agent = await old();
    const { id } = await fleet.updates.service.create(newUpdate.parse({}), someAdmin);
    await fleet.updates.service.pause(id, someAdmin);
    expect((await tries(agent)).update).toBeUndefined();
    await fleet.updates.service.resume(id, someAdmin);
    expect((await tries(agent)).update).toMatchObject({ update: id });
  });
});
