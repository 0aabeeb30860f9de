import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AgentProcess, startAgentProcess } from './support/agent-process.ts';
import { createCertificate } from './support/certificate.ts';
import { eventually } from './support/eventually.ts';
import { type ForwardProxy, startForwardProxy } from './support/forward-proxy.ts';
import { type System, startSystem } from './support/system.ts';

describe('an agent behind an HTTP proxy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-forward-'));
  let system: System;
  let proxy: ForwardProxy;
  const agents: AgentProcess[] = [];

  beforeAll(async () => {
    system = await startSystem({ plugins: { 'leave.sh': 'echo left > artifact.txt\n' } });
    proxy = await startForwardProxy('user:pass');
  });
  afterAll(async () => {
    for (const agent of agents) await agent.stop();
    await proxy?.close();
    await system?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(
    name: string,
    settings: Readonly<Record<string, string>>,
    serverUrl = system.server().url,
  ): Promise<AgentProcess> {
    const { token } = await system.api.post<{ token: string }>('/api/v1/join-tokens');
    const agent = startAgentProcess({ name, folder: join(folder, name), serverUrl, joinToken: token, settings });
    agents.push(agent);
    return agent;
  }

  it('joins, fetches plugins and works through its tunnels alone', async () => {
    await start('inside', { MUSTER_AGENT_PROXY: proxy.url });
    await system.connected('inside');
    const run = await system.api.runTask({ owner: 'inside', plugin: 'leave' });
    expect(run.state).toBe('succeeded');
    const target = new URL(system.server().url).host;
    // to enrol, the socket, and the bundle of the plugin
    expect(proxy.asked.length).toBeGreaterThanOrEqual(3);
    expect(new Set(proxy.asked)).toEqual(new Set([target]));
  }, 30_000);

  it('is encrypted from end to end where the server speaks TLS', async () => {
    const certificate = createCertificate(folder);
    const { port } = new URL(system.server().url);
    const front = createServer({ cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) }, (socket) => {
      const onward = connect(Number(port), '127.0.0.1');
      for (const end of [socket, onward]) end.on('error', () => [socket, onward].map((each) => each.destroy()));
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    const target = `127.0.0.1:${(front.address() as AddressInfo).port}`;
    const agent = await start('far', { MUSTER_AGENT_PROXY: proxy.url, MUSTER_AGENT_CA: certificate.cert }, `https://${target}`);
    await system.connected('far');
    expect(proxy.asked.filter((each) => each === target).length).toBeGreaterThanOrEqual(2);
    await agent.stop();
    front.close();
  }, 30_000);

  it('says what the proxy has against it', async () => {
    const agent = await start('refused', { MUSTER_AGENT_PROXY: proxy.url.replace('user:', 'nobody:') });
    await eventually('it says so', () =>
      /the proxy 127\.0\.0\.1 refuses the way to 127\.0\.0\.1:\d+ with status 407/.test(agent.output()),
    );
  }, 20_000);
});
