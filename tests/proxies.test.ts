import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AgentProcess } from './support/agent-process.ts';
import { startAgentProcess } from './support/agent-process.ts';
import { createCertificate } from './support/certificate.ts';
import { closedPort } from './support/closed-port.ts';
import { type ProxyKind, proxyProgram, startProxy, type TlsProxy } from './support/proxies.ts';
import { type System, startSystem } from './support/system.ts';

const kinds = ['nginx', 'caddy'] as const satisfies readonly ProxyKind[];

describe.each(kinds)('behind %s, which ends TLS', (kind) => {
  const isThere = proxyProgram(kind) !== undefined;
  const itBehind = isThere ? it : it.skip;
  const folder = mkdtempSync(join(tmpdir(), 'muster-proxy-'));
  let system: System;
  let proxy: TlsProxy;
  let agent: AgentProcess;
  let ca: Buffer;
  let setCookie: string;
  let cookie: string;

  beforeAll(async () => {
    if (!isThere) return;
    const certificate = createCertificate(folder);
    ca = readFileSync(certificate.cert);
    const port = await closedPort();
    system = await startSystem({
      plugins: { 'tell.sh': 'for n in 1 2 3; do echo line $n; done\n' },
      settings: { MUSTER_PUBLIC_URL: `https://127.0.0.1:${port}`, MUSTER_TRUSTED_PROXIES: '127.0.0.1' },
    });
    proxy = await startProxy(kind, { folder, port, backendPort: Number(new URL(system.server().url).port), certificate });
    const { token } = await system.api.post<{ token: string }>('/api/v1/join-tokens');
    agent = startAgentProcess({
      name: 'behind',
      folder: join(folder, 'agent'),
      serverUrl: proxy.url,
      joinToken: token,
      settings: { MUSTER_AGENT_CA: certificate.cert },
    });
    await system.connected('behind');
    await signIn();
  }, 60_000);

  afterAll(async () => {
    await agent?.stop();
    await proxy?.close();
    await system?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  function send(path: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
    const sent = request(new URL(path, proxy.url), { ca, agent: false, localAddress: '127.0.0.2', headers });
    sent.end();
    return once(sent, 'response').then(([response]) => response as IncomingMessage);
  }

  async function textOf(response: IncomingMessage): Promise<string> {
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    return text;
  }

  /** with the link of the start, which opens once */
  async function signIn(): Promise<void> {
    const { pathname, search } = new URL(system.server().signInUrl);
    const response = await send(pathname + search, { accept: 'text/html', 'x-forwarded-for': '203.0.113.9' });
    response.resume();
    [setCookie = ''] = response.headers['set-cookie'] ?? [];
    cookie = setCookie.split(';', 1)[0] ?? '';
  }

  itBehind(`an agent joins and runs work, its output and result arrive (skipped without ${kind})`, async () => {
    const run = await system.api.runTask({ owner: 'behind', plugin: 'tell' });
    expect(run).toMatchObject({ state: 'succeeded' });
    const [execution] = await system.api.executionsOf(run.id);
    expect(await system.api.log(execution?.id ?? '')).toBe('line 1\nline 2\nline 3\n');
  });

  itBehind(`the dashboard is there, and its cookie is for TLS alone (skipped without ${kind})`, async () => {
    expect(setCookie).toContain('; Secure');
    const page = await send('/agents', { accept: 'text/html', cookie });
    expect(page.statusCode).toBe(200);
    expect(await textOf(page)).toContain('behind');
  });

  itBehind(`live events come when they happen (skipped without ${kind})`, async () => {
    const events = await send('/api/v1/events?topics=runs', { accept: 'text/event-stream', cookie });
    expect(events.statusCode).toBe(200);
    const heard = new Promise<string>((resolve, reject) => {
      let text = '';
      events.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.includes('data:')) resolve(text);
      });
      events.once('end', () => reject(new Error(`the stream ended: ${text}`)));
    });
    await system.api.runTask({ owner: 'behind', plugin: 'tell' });
    expect(await heard).toContain('data:');
    events.destroy();
  });

  itBehind(`the audit names the client and not what a client claims (skipped without ${kind})`, async () => {
    const { items } = await system.api.get<{ items: { action: string; address: string | null }[] }>('/api/v1/audit?limit=50');
    const addresses = new Set(items.filter(({ action }) => action === 'user.signed_in').map(({ address }) => address));
    expect([...addresses]).toEqual(['127.0.0.2']);
  });
});
