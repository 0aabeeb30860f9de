import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { defaultAgentName } from '../../agent/identity/default-name.ts';
import { type Client, createClient } from '../../cli/client.ts';
import { someAgent, someJoinToken } from '../../tests/support/api-shapes.ts';
import { pageOf, type StubApi, startStubApi, stubToken } from '../../tests/support/stub-api.ts';
import { admitLocalAgent, onlineAgent } from './local-agent.ts';

const usual = defaultAgentName(hostname());
const token = `mjt_${'a'.repeat(43)}.${'b'.repeat(32)}`;
const path = `/api/v1/agents/${someAgent().id}`;
let api: StubApi;
let client: Client;
let dir: string;

beforeEach(async () => {
  api = await startStubApi({
    'GET /api/v1/agents': pageOf(),
    'POST /api/v1/join-tokens': { status: 201, body: { ...someJoinToken, token } },
  });
  client = createClient({ server: api.url, token: stubToken, newKey: () => 'key', pause: () => Promise.resolve() });
  dir = mkdtempSync(join(tmpdir(), 'muster start '));
});
afterEach(async () => {
  await api.stop();
  rmSync(dir, { recursive: true, force: true });
});

const asked = (): unknown => api.requests.find(({ method }) => method === 'POST')?.body;

function joinBefore(): void {
  const identity = { agentId: someAgent().id, name: 'web1', serverUrl: api.url, serverPublicKey: 'AAAA' };
  writeFileSync(join(dir, 'agent.json'), JSON.stringify(identity));
}

describe('the agent of this host', () => {
  test('that is new gets a join token of its own, for one use', async () => {
    expect(await admitLocalAgent(client, dir, undefined)).toEqual({
      kind: 'joins',
      joinToken: token,
      name: usual,
      renamedFrom: undefined,
    });
    expect(asked()).toEqual({ maxUses: 1, expiresInSeconds: 600, agentName: usual });
    expect(await onlineAgent(client, dir)).toBeUndefined();
  });

  test('gets another name where that of the host is taken', async () => {
    api.answer('GET /api/v1/agents', pageOf(someAgent({ name: usual }), someAgent({ name: `${usual}-2` })));
    expect(await admitLocalAgent(client, dir, undefined)).toMatchObject({ name: `${usual}-3`, renamedFrom: usual });
  });

  test('keeps the name that was asked for, and lets the server judge it', async () => {
    api.answer('GET /api/v1/agents', pageOf(someAgent({ name: 'web1' })));
    expect(await admitLocalAgent(client, dir, 'web1')).toMatchObject({ name: 'web1', renamedFrom: undefined });
  });

  test('that is known needs no token, and counts once it is connected and Online', async () => {
    joinBefore();
    api.answer(`GET ${path}`, { body: someAgent({ connected: false, status: 'Offline' }) });
    expect(await admitLocalAgent(client, dir, undefined)).toEqual({ kind: 'known' });
    expect(await onlineAgent(client, dir)).toBeUndefined();
    api.answer(`GET ${path}`, { body: someAgent() });
    expect(await onlineAgent(client, dir)).toMatchObject({ name: 'web1' });
    expect(asked()).toBeUndefined();
  });

  test('that was revoked does not get in again by a mere start', async () => {
    joinBefore();
    api.answer(`GET ${path}`, { body: someAgent({ status: 'Revoked', connected: false }) });
    expect(await admitLocalAgent(client, dir, undefined)).toEqual({
      kind: 'refused',
      why: expect.stringContaining('was revoked'),
    });
  });

  test('of another server keeps its folder', async () => {
    joinBefore();
    expect(await admitLocalAgent(client, dir, undefined)).toEqual({ kind: 'refused', why: expect.stringContaining(dir) });
  });
});
