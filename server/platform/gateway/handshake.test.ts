import { afterEach, describe, expect, it } from '@jest/globals';
import { closeCodes, protocolVersion } from '../../../shared/protocol.ts';
import type { SignedRelease } from '../../../shared/release.ts';
import { connectAgent, createAgentKeys, helloOf, openSocket } from '../../../tests/support/agent-client.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { admission, refusal, startGateway, type TestGateway, welcomeTo } from '../../../tests/support/gateway.ts';

const keys = createAgentKeys();
const someRelease: SignedRelease = {
  release: {
    version: '2.0.0',
    commit: 'unknown',
    protocol: protocolVersion,
    files: [{ platform: 'linux-x64', name: 'muster-agent', bytes: 1, sha256: 'a'.repeat(64), downloads: [] }],
  },
  signature: '',
  key: '',
};
let running: TestGateway | undefined;

async function start(...args: Parameters<typeof startGateway>): Promise<TestGateway> {
  running = await startGateway(...args);
  return running;
}

afterEach(async () => {
  await running?.dispose();
  running = undefined;
});

describe('the handshake of the agent socket', () => {
  it('challenges, welcomes, and tells of the new connection', async () => {
    const { url, ready, gateway } = await start();
    const agent = await connectAgent(url, { agentId: 'a', keys });
    expect(agent.received.map((message) => message.type)).toEqual(['challenge', 'welcome']);
    expect(agent.welcome).toMatchObject({ name: 'a', heartbeatSeconds: 15, silenceSeconds: 45 });
    expect(ready.map((connection) => connection.agentId)).toEqual(['a']);
    expect(gateway.counts()).toEqual({ connected: 1, unauthenticated: 0 });
  });

  it('gives every connection a nonce of its own', async () => {
    const { url } = await start();
    const [first, second] = [await openSocket(url), await openSocket(url)];
    expect((await first.next('challenge')).nonce).not.toBe((await second.next('challenge')).nonce);
  });

  it('hands the hello and the nonce of this very connection to admit', async () => {
    const seen: unknown[] = [];
    const { url } = await start({
      admit: async (hello, nonce, address) => {
        seen.push([hello.agentId, nonce, address]);
        return admission(hello.agentId);
      },
    });
    const agent = await connectAgent(url, { agentId: 'a', keys });
    const challenge = agent.received[0];
    expect(seen).toEqual([['a', challenge?.type === 'challenge' ? challenge.nonce : '', '127.0.0.1']]);
  });

  it('tells a refused agent why, and closes with the code of the refusal', async () => {
    const { url, ready } = await start({ admit: async () => refusal('agent_revoked', closeCodes.revoked) });
    const agent = await openSocket(url);
    agent.send(helloOf((await agent.next('challenge')).nonce, { agentId: 'a', keys }));
    expect(await agent.next('refused')).toEqual({
      type: 'refused',
      code: 'agent_revoked',
      message: 'It is refused: agent_revoked.',
    });
    expect(await agent.closed).toEqual({ code: closeCodes.revoked, reason: 'It is refused: agent_revoked.' });
    expect(ready).toEqual([]);
  });

  it('can still refuse after the second step of the admission', async () => {
    const { url, ready, gone } = await start({
      admit: async () => admission('a', async () => refusal('agent_revoked', closeCodes.revoked)),
    });
    const agent = await openSocket(url);
    agent.send(helloOf((await agent.next('challenge')).nonce, { agentId: 'a', keys }));
    expect((await agent.closed).code).toBe(closeCodes.revoked);
    expect([ready, gone]).toEqual([[], []]);
  });

  it('refuses another protocol version with a sentence, whatever else its hello holds', async () => {
    const { url } = await start();
    const agent = await openSocket(url);
    agent.sendText(JSON.stringify({ type: 'hello', protocol: protocolVersion + 1, novelty: true }));
    expect(await agent.next('refused')).toMatchObject({
      code: 'protocol_unsupported',
      message: expect.stringContaining('Update the server.'),
    });
    expect((await agent.closed).code).toBe(closeCodes.protocol);
  });

  it('hands what every hello holds to whoever knows how such an agent comes to this version', async () => {
    const seen: unknown[] = [];
    const order = { update: 'u', release: someRelease, mode: 'idle', drainAfterSeconds: 1, healthySeconds: 1 } as const;
    const { url, ready } = await start({
      orderForOther: async ({ agentId, protocol, os }, nonce) => {
        seen.push([agentId, protocol, os, nonce]);
        return order;
      },
    });
    const agent = await openSocket(url);
    const { nonce } = await agent.next('challenge');
    const hello = { ...helloOf(nonce, { agentId: 'a', keys }), protocol: protocolVersion + 1, os: 'plan9', slots: 'many' };
    agent.sendText(JSON.stringify(hello));
    expect(await agent.next('refused')).toMatchObject({ code: 'protocol_unsupported', update: order });
    expect([seen, ready]).toEqual([[['a', protocolVersion + 1, 'plan9', nonce]], []]);
  });

  it('refuses such an agent all the same when nobody can tell it anything', async () => {
    const { url } = await start({ orderForOther: () => Promise.reject(new Error('the database is gone')) });
    const agent = await openSocket(url);
    const hello = helloOf((await agent.next('challenge')).nonce, { agentId: 'a', keys });
    agent.sendText(JSON.stringify({ ...hello, protocol: protocolVersion + 1 }));
    expect((await agent.next('refused')).update).toBeUndefined();
    expect((await agent.closed).code).toBe(closeCodes.protocol);
  });

  it('closes an agent that says no hello in time', async () => {
    const { url, clock, gateway } = await start();
    const agent = await openSocket(url);
    await agent.next('challenge');
    await clock.advance(9_999);
    expect(gateway.counts().unauthenticated).toBe(1);
    await clock.advance(1);
    expect((await agent.closed).code).toBe(closeCodes.notAuthenticated);
    expect(gateway.counts().unauthenticated).toBe(0);
  });

  it('closes an agent that begins with anything but a hello', async () => {
    const { url } = await start();
    const agent = await openSocket(url);
    agent.send({ type: 'facts', facts: {}, runtimes: {} });
    expect(await agent.closed).toEqual({ code: closeCodes.malformed, reason: 'facts: The first message is the hello.' });
  });

  it('closes an agent that says hello twice', async () => {
    const { url } = await start();
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.send(helloOf('AAAAAAAAAAAAAAAAAAAAAAAA', { agentId: 'a', keys }));
    expect(await agent.closed).toEqual({ code: closeCodes.malformed, reason: 'hello: It was said before on this connection.' });
  });

  it('handles what was sent during a slow admission afterwards, in order', async () => {
    const slow = Promise.withResolvers<void>();
    const handled: number[] = [];
    const { url } = await start({
      admit: async () => admission('a', () => slow.promise.then(() => welcomeTo('a'))),
      handlers: { progress: (_, { fraction }) => void handled.push(fraction) },
    });
    const agent = await openSocket(url);
    const hello = helloOf((await agent.next('challenge')).nonce, { agentId: 'a', keys });
    const progress = (fraction: number) => ({ type: 'progress', execution: 'e', attempt: 1, fraction, text: '' }) as const;
    agent.send(hello, progress(0.1));
    agent.send(progress(0.2), progress(0.3));
    await eventually('all was read', () => agent.bufferedAmount() === 0);
    expect(handled).toEqual([]);
    slow.resolve();
    await agent.next('welcome');
    agent.send(progress(0.4));
    await eventually('the last message was handled', () => handled.length === 4);
    expect(handled).toEqual([0.1, 0.2, 0.3, 0.4]);
  });

  it('lets nobody in when the admission fails', async () => {
    const { url, ready } = await start({ admit: () => Promise.reject(new Error('the database is gone')) });
    const agent = await openSocket(url);
    agent.send(helloOf((await agent.next('challenge')).nonce, { agentId: 'a', keys }));
    expect((await agent.closed).code).toBe(1011);
    expect(ready).toEqual([]);
  });
});
