import { createHash, createPublicKey, verify } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeCodes, proofText, type Verdict } from '../../../shared/protocol.ts';
import { type AgentClient, connectAgent, createAgentKeys, helloOf, openSocket } from '../../../tests/support/agent-client.ts';
import { type JoinedAgent, startAgents, type TestAgents, type TestAgentsOptions } from '../../../tests/support/agents.ts';
import { someAdmin } from '../../../tests/support/auth.ts';
import { eventually } from '../../../tests/support/eventually.ts';

let test: TestAgents;
const options: { -readonly [K in keyof TestAgentsOptions]: TestAgentsOptions[K] } = {};

beforeEach(async () => {
  test = await startAgents({
    reconcile: (...args) => options.reconcile?.(...args) ?? Promise.resolve({ verdicts: [], continues: args[3] }),
  });
});
afterEach(async () => {
  delete options.reconcile;
  await test.dispose();
});

/** Says this hello and reads the refusal. */
async function refused(hello: (nonce: string) => ReturnType<typeof helloOf>): Promise<{ code: string; closeCode: number }> {
  const client: AgentClient = await openSocket(test.url);
  client.send(hello((await client.next('challenge')).nonce));
  const { code } = await client.next('refused');
  return { code, closeCode: (await client.closed).code };
}

const notAuthenticated = closeCodes.notAuthenticated;

describe('admission', () => {
  it('lets an enrolled agent in, and proves to it who the server is', async () => {
    const agent = await test.join('web01');
    const client = await openSocket(test.url);
    const { nonce } = await client.next('challenge');
    const hello = helloOf(nonce, { agentId: agent.id, keys: agent.keys });
    client.send(hello);
    const { signature, name } = await client.next('welcome');
    const key = createPublicKey({ key: Buffer.from(test.identity.publicKey, 'base64'), format: 'der', type: 'spki' });
    expect(
      verify(null, Buffer.from(proofText('server', nonce, hello.nonce, agent.id)), key, Buffer.from(signature, 'base64')),
    ).toBe(true);
    expect(name).toBe('web01');
    expect(test.agents.get(agent.id)).toMatchObject({ connected: true, status: 'Online', lastSeenAt: test.clock.now() });
    expect(test.told).toEqual(['ready web01']);
  });

  it('sends the catalogue to those that do not hold it', async () => {
    const agent = await test.join('web01');
    const { welcome } = await test.connect(agent);
    const held = welcome.plugins?.text ?? '';
    const catalogue = createHash('sha256').update(held).digest('hex');
    expect((await test.connect(agent, { catalogue })).welcome.plugins).toBeUndefined();
    expect((await test.connect(agent, { catalogue: 'a'.repeat(64) })).welcome.plugins?.text).toBe(held);
  });

  it('refuses an agent that is not enrolled here', async () => {
    const keys = createAgentKeys();
    expect(await refused((nonce) => helloOf(nonce, { agentId: 'agt_nobody', keys }))).toEqual({
      code: 'agent_unknown',
      closeCode: notAuthenticated,
    });
  });

  it('refuses a wrong key, a hello that was said before, and a proof made for another side or agent', async () => {
    const agent = await test.join('web01');
    const other = await test.join('web02');
    const wrong = { code: 'signature_invalid', closeCode: notAuthenticated };
    expect(await refused((nonce) => helloOf(nonce, { agentId: agent.id, keys: other.keys }))).toEqual(wrong);
    let overheard: ReturnType<typeof helloOf> | undefined;
    const client = await openSocket(test.url);
    overheard = helloOf((await client.next('challenge')).nonce, { agentId: agent.id, keys: agent.keys });
    client.send(overheard);
    await client.next('welcome');
    expect(await refused(() => overheard)).toEqual(wrong);
    expect(await refused(() => ({ ...overheard, agentId: other.id }))).toEqual(wrong);
    expect(
      await refused((nonce) => {
        const hello = helloOf(nonce, { agentId: agent.id, keys: agent.keys });
        return { ...hello, signature: agent.keys.sign(proofText('server', nonce, hello.nonce, agent.id)) };
      }),
    ).toEqual(wrong);
    expect(await refused((nonce) => ({ ...helloOf(nonce, { agentId: agent.id, keys: agent.keys }), signature: '' }))).toEqual(
      wrong,
    );
  });

  it('tells a revoked agent so, but only if it proves to be it', async () => {
    const agent = await test.join('web01');
    await test.agents.revoke(agent.id, someAdmin);
    expect(await refused((nonce) => helloOf(nonce, { agentId: agent.id, keys: agent.keys }))).toEqual({
      code: 'agent_revoked',
      closeCode: closeCodes.revoked,
    });
    expect((await refused((nonce) => helloOf(nonce, { agentId: agent.id, keys: createAgentKeys() }))).code).toBe(
      'signature_invalid',
    );
  });

  it('hands the journal over and answers with the verdicts', async () => {
    const seen: unknown[] = [];
    const verdicts: Verdict[] = [{ execution: 'exe_1', attempt: 2, verdict: 'deliver', logFrom: 7 }];
    options.reconcile = async (...args) => {
      seen.push(args);
      return { verdicts, continues: true };
    };
    const agent = await test.join('web01');
    const journal = [{ execution: 'exe_1', attempt: 2, state: 'ended', logSize: 9 }] as const;
    const client = await test.connect(agent, { journal: [...journal] });
    expect(client.welcome.verdicts).toEqual(verdicts);
    expect(seen).toEqual([[agent.id, 'web01', journal, true]]);
  });

  it('tells a journal that continues the known one from one that was copied, set back or emptied', async () => {
    const continued: boolean[] = [];
    options.reconcile = async (_id, _name, _journal, continues) => {
      continued.push(continues);
      return { verdicts: [], continues };
    };
    const agent = await test.join('web01');
    const says = async (lives?: string[]): Promise<void> => {
      const client = await test.connect(agent, lives === undefined ? {} : { lives });
      client.terminate();
      await eventually('it is gone', () => test.agents.get(agent.id)?.connected === false);
    };
    await says(['one']);
    await says(['one']);
    await says(['three', 'two', 'one']);
    await says(['four']);
    await says(['five', 'one']);
    await says(['six', 'five']);
    await says();
    expect(continued).toEqual([true, true, true, false, false, true, true]);
    const { items } = await test.audit.list({ limit: 50 });
    expect(items.filter(({ action }) => action === 'agent.journal_foreign')).toHaveLength(2);
  });

  it('notes a journal that continues the known one by its lives, but not by what it holds', async () => {
    const agent = await test.join('web01');
    options.reconcile = async () => ({ verdicts: [], continues: false });
    await test.connect(agent, { lives: ['one'] });
    const { items } = await test.audit.list({ limit: 50 });
    expect(items.filter(({ action }) => action === 'agent.journal_foreign')).toHaveLength(1);
  });

  it('remembers version, platform and slots of the agent, in memory and in its row', async () => {
    const agent = await test.join('web01');
    await test.connect(agent, { version: '2.0.0', os: 'win32', arch: 'arm64', slots: 9 });
    const told = { version: '2.0.0', os: 'win32', arch: 'arm64', slots: 9 };
    expect(test.agents.get(agent.id)).toMatchObject(told);
    expect(await test.db.read.selectFrom('agents').selectAll().executeTakeFirst()).toMatchObject(told);
  });

  it('refuses an agent that is revoked or removed while its admission is slow', async () => {
    const slow = Promise.withResolvers<{ verdicts: Verdict[]; continues: boolean }>();
    let waiting = 0;
    options.reconcile = () => {
      waiting += 1;
      return slow.promise;
    };
    const revokedOne = await test.join('revoked');
    const removedOne = await test.join('removed');
    const outcome = (agent: JoinedAgent) => refused((nonce) => helloOf(nonce, { agentId: agent.id, keys: agent.keys }));
    const outcomes = Promise.all([outcome(revokedOne), outcome(removedOne)]);
    await eventually('both are being admitted', () => waiting === 2);
    await test.agents.revoke(revokedOne.id, someAdmin);
    await test.agents.remove(removedOne.id, someAdmin);
    slow.resolve({ verdicts: [], continues: true });
    expect((await outcomes).map(({ code }) => code)).toEqual(['agent_revoked', 'agent_unknown']);
    expect(test.told).toEqual([`removed ${revokedOne.id}`, `removed ${removedOne.id}`]);
  });

  it('gives each connection a download token of its own, which dies with it', async () => {
    const agent = await test.join('web01');
    const first = await test.connect(agent);
    expect(test.agents.agentOfDownloadToken(first.welcome.downloadToken)).toBe(agent.id);
    const second = await test.connect(agent);
    await first.closed;
    expect(test.agents.agentOfDownloadToken(first.welcome.downloadToken)).toBeUndefined();
    expect(test.agents.agentOfDownloadToken(second.welcome.downloadToken)).toBe(agent.id);
    second.close();
    await eventually('it is gone', () => test.agents.get(agent.id)?.connected === false);
    expect(test.agents.agentOfDownloadToken(second.welcome.downloadToken)).toBeUndefined();
    expect(test.agents.agentOfDownloadToken('')).toBeUndefined();
  });

  it('still knows its agents after a restart of the server', async () => {
    const agent = await test.join('web01', { tags: ['web'] });
    await test.connect(agent, { slots: 3 });
    const restarted = await startAgents({ database: test.database, identity: test.identity });
    try {
      expect(restarted.agents.get(agent.id)).toMatchObject({ name: 'web01', tags: ['web'], slots: 3, connected: false });
      const client = await connectAgent(restarted.url, { agentId: agent.id, keys: agent.keys, slots: 3 });
      expect(client.welcome.name).toBe('web01');
    } finally {
      await restarted.dispose();
    }
  });
});
