import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeCodes, proofText, protocolVersion } from '../../shared/protocol.ts';
import { noop, offerOf } from '../../tests/support/fake-server.ts';
import { type AgentBench, openAgentBench } from '../../tests/support/test-agent.ts';

describe('a connection of the agent', () => {
  let bench: AgentBench;

  beforeEach(async () => {
    bench = await openAgentBench({ silenceSeconds: 60, heartbeatSeconds: 0.05 });
  });
  afterEach(() => bench.close());

  it('says who it is and what it runs on, and beats at the pace that it is told', async () => {
    await bench.start({ slots: 3 });
    const server = await bench.server.welcomed();
    expect(server.hello).toMatchObject({
      protocol: protocolVersion,
      os: process.platform,
      arch: process.arch,
      slots: 3,
      journal: [],
    });
    const { metrics } = await server.next('heartbeat');
    await server.next('heartbeat');
    expect(metrics.memoryTotalBytes).toBeGreaterThan(metrics.memoryUsedBytes);
    expect(metrics.diskTotalBytes).toBeGreaterThan(0);
    const { facts, runtimes } = await server.next('facts');
    expect(facts).toMatchObject({ os: process.platform, agent_version: server.hello.agentVersion });
    expect(runtimes).toEqual({ node: '24.0.0' });
  });

  it('hears nothing from a server that does not have the pinned key', async () => {
    const entry = bench.server.publish(noop);
    await bench.start();
    const impostor = generateKeyPairSync('ed25519').privateKey;
    const server = await bench.server.nextConnection();
    const text = proofText('server', 'x', server.hello.nonce, server.hello.agentId);
    server.welcome({ signature: sign(null, Buffer.from(text), impostor).toString('base64') });
    server.send(offerOf(entry), { type: 'start', execution: 'exe_1', attempt: 1 });
    expect(await server.closed).toBe(closeCodes.notAuthenticated);
    expect(server.received).toEqual([]);
    expect(bench.executor.jobs).toHaveLength(0);
    // it tries again, and a right proof is believed
    await (await bench.server.welcomed()).next('heartbeat');
  });

  it('does not act on anything before the welcome', async () => {
    const entry = bench.server.publish(noop);
    await bench.start();
    const server = await bench.server.nextConnection();
    server.send(offerOf(entry));
    expect(await server.closed).toBe(closeCodes.notAuthenticated);
    expect(server.received).toEqual([]);
  });

  it('passes over messages of a type that it does not know, and closes on malformed ones', async () => {
    await bench.start();
    const server = await bench.server.welcomed();
    server.sendText('[{"type":"from_the_future","x":1},{"type":"heartbeat_ack","time":1}]');
    await server.next('heartbeat');
    server.sendText('{"type":"ack","execution":7,"attempt":1}');
    expect(await server.closed).toBe(closeCodes.malformed);
    await bench.server.welcomed();
  });

  it('ends a connection on which it hears nothing, and makes a new one', async () => {
    await bench.start();
    const server = await bench.server.welcomed({ silenceSeconds: 0.1, heartbeatSeconds: 60 });
    expect(await server.closed).toBe(1006);
    await bench.server.welcomed();
  });

  it('comes back when the server does', async () => {
    await bench.start();
    await bench.server.welcomed();
    await bench.server.goAway();
    await bench.server.comeBack();
    await (await bench.server.welcomed()).next('heartbeat');
  });

  it('stops for good when it is revoked, and says so', async () => {
    const agent = await bench.start();
    const server = await bench.server.nextConnection();
    server.send({ type: 'refused', code: 'agent_revoked', message: 'Revoked.' });
    server.close(closeCodes.revoked);
    expect(await agent.ended).toMatchObject({ kind: 'unwanted', why: expect.stringContaining('revoked') });
  });

  it('takes the name that the server gives it', async () => {
    const agent = await bench.start();
    const server = await bench.server.welcomed({ name: 'db-7' });
    await server.next('heartbeat');
    expect(agent.name()).toBe('db-7');
    expect(JSON.parse(readFileSync(join(bench.dir, 'agent.json'), 'utf8'))).toMatchObject({ name: 'db-7' });
  });
});
