import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { enrolmentText } from '../../shared/protocol.ts';
import { secret } from '../../shared/secret.ts';
import { startFakeServer } from '../../tests/support/fake-server.ts';
import { type AgentBench, openAgentBench } from '../../tests/support/test-agent.ts';

describe('enrolment', () => {
  let bench: AgentBench;

  beforeEach(async () => {
    bench = await openAgentBench();
  });
  afterEach(() => bench.close());

  const identityFile = (): string => join(bench.dir, 'agent.json');

  it('spends the token once: afterwards the agent needs neither token nor address', async () => {
    const agent = await bench.start();
    expect(agent.name()).toBe('web-1');
    await bench.server.welcomed();
    await agent.stop();
    bench.server.enrolAnswer = () => ({ status: 500, body: {} });
    const again = await bench.start({ server: undefined, joinToken: undefined });
    expect(again.agentId).toBe(agent.agentId);
    await bench.server.welcomed();
  });

  it('keeps identity and key to its own user', async () => {
    await bench.start();
    for (const name of ['agent.json', 'agent.key']) expect(statSync(join(bench.dir, name)).mode & 0o777).toBe(0o600);
    expect(statSync(bench.dir).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(identityFile(), 'utf8'))).toMatchObject({
      serverUrl: bench.server.url,
      serverPublicKey: bench.server.publicKey,
    });
  });

  it('believes only the server that made the token', async () => {
    const other = await startFakeServer();
    const token = other.joinToken;
    bench.server.enrolAnswer = (body) => {
      const { nonce, publicKey } = body as { nonce: string; publicKey: string };
      const signature = bench.server.sign(enrolmentText(nonce, 'agt_1', publicKey));
      return { status: 201, body: { agentId: 'agt_1', name: 'web-1', serverPublicKey: bench.server.publicKey, signature } };
    };
    await expect(bench.start({ joinToken: secret(token) })).rejects.toMatchObject({
      code: 'signature_invalid',
      message: expect.stringContaining('is not the one that made this join token'),
    });
    expect(existsSync(identityFile())).toBe(false);
    await other.close();
  });

  it('believes no answer that is not signed by the key of the server', async () => {
    bench.server.enrolAnswer = () => {
      const signature = randomBytes(64).toString('base64');
      return { status: 201, body: { agentId: 'agt_1', name: 'web-1', serverPublicKey: bench.server.publicKey, signature } };
    };
    await expect(bench.start()).rejects.toMatchObject({
      code: 'signature_invalid',
      message: expect.stringContaining('not signed'),
    });
    expect(existsSync(identityFile())).toBe(false);
  });

  it.each([
    [403, 'join_token_invalid', 'expired, revoked or used up'],
    [409, 'name_taken', 'an agent named "web-1" already'],
    [422, 'field_invalid', 'refused to enrol'],
  ])('says what to do when the server answers %i %s', async (status, code, sentence) => {
    bench.server.enrolAnswer = () => ({ status, body: { code, detail: 'So it is.' } });
    await expect(bench.start()).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) });
  });

  it('says that something is no join token, and that there is none', async () => {
    await expect(bench.start({ joinToken: secret('mjt_short') })).rejects.toMatchObject({ code: 'join_token_invalid' });
    await expect(bench.start({ joinToken: undefined })).rejects.toMatchObject({ code: 'field_missing' });
  });

  it('says when something else answers at the address', async () => {
    bench.server.enrolAnswer = () => ({ status: 200, body: { hello: 'world' } });
    await expect(bench.start()).rejects.toMatchObject({ message: expect.stringContaining('is not a Muster server') });
  });

  it('waits for a server that cannot be reached yet, and enrols with the same key', async () => {
    const keys: string[] = [];
    bench.server.enrolAnswer = (body) => {
      keys.push((body as { publicKey: string }).publicKey);
      if (keys.length === 2) bench.server.enrolAnswer = undefined;
      return { status: 503, body: {} };
    };
    const immediately = {
      now: Date.now,
      monotonic: () => 0,
      elapsed: () => 0,
      after: (_ms: number, callback: () => void) => cancelOf(setImmediate(callback)),
    };
    const log = { warn: () => {}, info: () => {} };
    const { identify } = await import('./identify.ts');
    const { loadOrMakeKey } = await import('./agent-key.ts');
    const { openAgentFolder } = await import('../agent-folder.ts');
    const folder = openAgentFolder(bench.dir);
    const key = loadOrMakeKey(folder.key);
    const settings = {
      server: bench.server.url,
      joinToken: secret(bench.server.joinToken),
      name: 'web-1',
      dir: bench.dir,
      slots: 1,
      tags: [],
      ca: undefined,
      proxy: undefined,
      drainSeconds: 0,
      outboxBytes: 1,
      minFreeBytes: 0,
      logLevel: 'silent' as const,
    };
    const identity = await identify({
      settings,
      folder,
      key,
      clock: immediately,
      random: () => 0,
      randomBytes,
      log: log as never,
      signal: new AbortController().signal,
    });
    expect(identity.name).toBe('web-1');
    expect(new Set([...keys, key.publicKey]).size).toBe(1);
  });

  it('refuses a token of another server for a folder that has its agent already', async () => {
    await (await bench.start()).stop();
    const other = await startFakeServer();
    await expect(bench.start({ joinToken: secret(other.joinToken) })).rejects.toMatchObject({ code: 'state_conflict' });
    await other.close();
  });

  it('takes the place of no running agent', async () => {
    await bench.start();
    await expect(bench.start()).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining('in use') });
  });
});

function cancelOf(immediate: NodeJS.Immediate): () => void {
  return () => clearImmediate(immediate);
}
