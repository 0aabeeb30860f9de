import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { enrolmentText } from '../../../shared/protocol.ts';
import { createAgentKeys, enrolAgent, freshNonce, postEnrolment } from '../../../tests/support/agent-client.ts';
import { startAgents, type TestAgents } from '../../../tests/support/agents.ts';
import { someAdmin } from '../../../tests/support/auth.ts';

let test: TestAgents;

beforeAll(async () => {
  test = await startAgents();
});
afterAll(() => test.dispose());

const enrol = async (options: {
  joinToken?: string;
  name: string;
  keys?: ReturnType<typeof createAgentKeys>;
  tags?: string[];
  nonce?: string;
}) => {
  const response = await postEnrolment({
    url: test.url,
    joinToken: options.joinToken ?? (await test.joinToken()),
    keys: createAgentKeys(),
    ...options,
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};

describe('enrolling', () => {
  it('makes an agent, and proves to it who the server is', async () => {
    const keys = createAgentKeys();
    const nonce = freshNonce();
    const { status, body } = await enrol({ name: 'web01', keys, nonce, tags: ['web'] });
    expect(status).toBe(201);
    const { agentId = '', serverPublicKey = '', signature = '' } = body;
    const key = createPublicKey({ key: Buffer.from(serverPublicKey, 'base64'), format: 'der', type: 'spki' });
    expect(verify(null, Buffer.from(enrolmentText(nonce, agentId, keys.publicKey)), key, Buffer.from(signature, 'base64'))).toBe(
      true,
    );
    expect(test.agents.byName('web01')).toMatchObject({
      id: agentId,
      name: 'web01',
      tags: ['web'],
      status: 'Offline',
      connected: false,
    });
    expect(test.emitted).toContainEqual(['agent.changed', agentId]);
    const { items } = await test.audit.list({ limit: 10, action: 'agent.enrolled' });
    expect(items[0]).toMatchObject({ subject: agentId, detail: { name: 'web01', tags: ['web'] }, address: '127.0.0.1' });
  });

  it('lets the join token fix name and tags', async () => {
    const { body } = await enrol({
      joinToken: await test.joinToken({ agentName: 'db-main', tags: ['db', 'a'] }),
      name: 'localhost',
      tags: ['a', 'b'],
    });
    expect(body.name).toBe('db-main');
    expect(test.agents.byName('db-main')?.tags).toEqual(['db', 'a']);
    expect(test.agents.byName('localhost')).toBeUndefined();
  });

  it('refuses a token that is unknown, used up or of another server', async () => {
    const joinToken = await test.joinToken();
    await enrol({ joinToken, name: 'once' });
    expect(await enrol({ joinToken, name: 'twice' })).toMatchObject({
      status: 403,
      body: { code: 'join_token_invalid', detail: expect.stringContaining('used up') },
    });
    expect(await enrol({ joinToken: 'mjt_nonsense', name: 'twice' })).toMatchObject({
      status: 403,
      body: { code: 'join_token_invalid' },
    });
    expect(
      await enrol({ joinToken: joinToken.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')), name: 'twice' }),
    ).toMatchObject({
      body: { detail: expect.stringContaining('another server') },
    });
    expect(test.agents.byName('twice')).toBeUndefined();
  });

  it('says what to do when the name is taken, and does not spend the token', async () => {
    await enrol({ name: 'taken' });
    const joinToken = await test.joinToken();
    expect(await enrol({ joinToken, name: 'taken' })).toMatchObject({
      status: 409,
      body: { code: 'name_taken', field: 'name', detail: expect.stringContaining('MUSTER_AGENT_NAME') },
    });
    expect((await enrol({ joinToken, name: 'free' })).status).toBe(201);
  });

  it('gives the same host its agent back when the first answer was lost', async () => {
    const keys = createAgentKeys();
    const joinToken = await test.joinToken();
    const first = await enrol({ joinToken, name: 'retry', keys });
    const second = await enrol({ joinToken, name: 'retry', keys });
    expect([second.status, second.body.agentId]).toEqual([201, first.body.agentId]);
    const fixing = await test.joinToken({ agentName: 'fixed' });
    const fixed = await enrol({ joinToken: fixing, name: 'anything', keys: createAgentKeys() });
    expect((await enrol({ joinToken: fixing, name: 'anything' })).status).toBe(403);
    expect(fixed.body.name).toBe('fixed');
  });

  it('gives it back also when the token fixed its name', async () => {
    const keys = createAgentKeys();
    const joinToken = await test.joinToken({ agentName: 'fixed-again' });
    const first = await enrol({ joinToken, name: 'anything', keys });
    expect(await enrol({ joinToken, name: 'anything', keys })).toMatchObject({
      status: 201,
      body: { agentId: first.body.agentId, name: 'fixed-again' },
    });
  });

  it('does not give a revoked agent back', async () => {
    const keys = createAgentKeys();
    const { body } = await enrol({ name: 'outlaw', keys });
    await test.agents.revoke(body.agentId ?? '', someAdmin);
    expect(await enrol({ name: 'outlaw', keys })).toMatchObject({
      status: 409,
      body: { code: 'name_taken', detail: expect.stringContaining('revoked agent') },
    });
  });

  it('refuses a key of another kind', async () => {
    const rsa = generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    for (const publicKey of [rsa, 'AAAA']) {
      const keys = { ...createAgentKeys(), publicKey };
      expect(await enrol({ name: 'strange', keys })).toMatchObject({
        status: 422,
        body: { code: 'field_invalid', field: 'publicKey' },
      });
    }
  });

  it('bounds tries that fail, and only those', async () => {
    const own = await startAgents();
    try {
      const joinToken = await own.joinToken({ maxUses: 30 });
      for (let n = 0; n < 30; n += 1) await enrolAgent({ url: own.url, joinToken, name: `host${n}`, keys: createAgentKeys() });
      const statuses: number[] = [];
      for (let n = 0; n < 12; n += 1)
        statuses.push((await postEnrolment({ url: own.url, joinToken: 'guess', name: 'x', keys: createAgentKeys() })).status);
      expect(statuses).toEqual([...Array.from({ length: 10 }, () => 403), 429, 429]);
    } finally {
      await own.dispose();
    }
  });
});
