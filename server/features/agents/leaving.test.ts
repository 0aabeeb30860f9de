import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { leaveText } from '../../../shared/protocol.ts';
import { createAgentKeys } from '../../../tests/support/agent-client.ts';
import { startAgents, type TestAgents } from '../../../tests/support/agents.ts';
import { eventually } from '../../../tests/support/eventually.ts';

let test: TestAgents;
beforeEach(async () => {
  test = await startAgents();
});
afterEach(() => test.dispose());

async function leave(agentId: string, signature: string): Promise<{ status: number; code: string | undefined }> {
  const response = await test.call('POST', '/agent/v1/leave', { body: { agentId, signature } });
  const { code } = response.status === 204 ? { code: undefined } : ((await response.json()) as { code: string });
  return { status: response.status, code };
}

describe('a host that leaves for good', () => {
  it('is gone from the list, and what it held is settled; to say so again is no harm', async () => {
    const { id, keys } = await test.join('web01');
    expect((await leave(id, keys.sign(leaveText(id)))).status).toBe(204);
    expect(test.agents.get(id)).toBeUndefined();
    expect(await test.db.read.selectFrom('agents').selectAll().execute()).toEqual([]);
    expect(test.told).toEqual([`removed ${id}`]);
    expect((await test.audit.list({ limit: 5 })).items[0]).toMatchObject({ action: 'agent.left', actor: 'web01', subject: id });
    expect(await leave(id, keys.sign(leaveText(id)))).toEqual({ status: 403, code: 'agent_unknown' });
  });

  it('is believed by its key alone', async () => {
    const { id, keys } = await test.join('web01');
    const other = await test.join('web02');
    const wrong = [createAgentKeys().sign(leaveText(id)), other.keys.sign(leaveText(id)), keys.sign(leaveText(other.id)), ''];
    for (const signature of wrong) expect((await leave(id, signature)).code).toBe('signature_invalid');
    expect(test.agents.get(id)).toBeDefined();
  });

  it('does not take its name from a host that is connected by the same identity', async () => {
    const agent = await test.join('web01');
    const connection = await test.connect(agent);
    const signature = agent.keys.sign(leaveText(agent.id));
    expect(await leave(agent.id, signature)).toEqual({ status: 409, code: 'state_conflict' });
    connection.close();
    await eventually('it has stopped', () => test.agents.get(agent.id)?.connected === false);
    expect((await leave(agent.id, signature)).status).toBe(204);
  });
});
