import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AgentClient, connectAgent, createAgentKeys, enrolAgent } from './support/agent-client.ts';
import { browserPath, openBrowser, type TestBrowser } from './support/browser.ts';
import { heartbeat } from './support/heartbeat.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';
import { createVisitor, type Visitor } from './support/visitor.ts';

/** Breaks out of attributes, texts, scripts, styles and templates, if anything lets it. */
const hostile =
  `"'><hostile-tag onclick=alert(1)></title></textarea></pre></script><script>alert(2)</script><img src=x onerror=alert(3)>` +
  `\`\${alert(4)}<%= 7*7 %>{{7*7}}&amp;`;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const odd = /[\0\x07\x1b\u202a-\u202e\u2066-\u2069]/;
const control = '\x1b[31mred\x1b]0;title\x07\u202eturned\r\x00\ud800';

const manifest = JSON.stringify({
  name: 'hostile',
  version: '1.0.0',
  description: hostile,
  runtime: 'bash',
  entry: 'x.sh',
  actions: {
    main: {
      title: hostile.slice(0, 120),
      description: hostile,
      examples: [hostile, { [hostile]: hostile }],
      args: {
        type: 'object',
        required: [hostile],
        properties: {
          [hostile]: { type: 'string', title: hostile, description: hostile, default: hostile, examples: [hostile] },
          [`choice ${hostile}`]: { enum: [hostile, 'a'], description: hostile },
          [`switch ${hostile}`]: { type: 'boolean', description: hostile },
          [`number ${hostile}`]: { type: 'number', minimum: 1 },
          [`list ${hostile}`]: { type: 'array', items: { type: 'string' }, default: [hostile] },
          [`json ${hostile}`]: { type: 'object', default: { [hostile]: hostile } },
          [`password ${hostile}`]: { type: 'string', format: 'password' },
          [`lines ${hostile}`]: { type: 'string', format: 'multiline', default: hostile },
        },
      },
    },
  },
});

let server: ServerInProcess;
let agent: AgentClient;
let visitor: Visitor;
let pages: readonly string[];

beforeAll(async () => {
  server = await startServerInProcess({
    'hostile/plugin.json': manifest,
    'hostile/x.sh': `# ${hostile}\n`,
    "hostile/it's &lt;text.txt": hostile,
    'broken/plugin.json': `{ "name": "${hostile.replaceAll('"', '\\"')}" }`,
  });
  const { api, url, running } = server;
  const { token } = await api.post<{ token: string }>('/api/v1/join-tokens');
  const keys = createAgentKeys();
  const { agentId } = await enrolAgent({ url, joinToken: token, name: 'evil', keys });
  agent = await connectAgent(url, { agentId, keys, arch: '<hostile-tag>', version: hostile.slice(0, 64) });
  agent.send(
    { type: 'facts', facts: { [hostile.slice(0, 64)]: hostile, control }, runtimes: { [hostile.slice(0, 64)]: hostile } },
    heartbeat,
  );
  await agent.next('heartbeat_ack');
  const definition = { owner: 'evil', plugin: 'hostile', args: { [hostile]: hostile }, name: hostile, env: { A: hostile } };
  const { task, run } = await api.createTask(definition);
  const offer = await agent.next('offer');
  const attempt = { execution: offer.execution, attempt: offer.attempt };
  agent.send({ type: 'accept', ...attempt });
  await agent.next('start');
  agent.send(
    { type: 'progress', ...attempt, fraction: 0.5, text: hostile },
    { type: 'log', ...attempt, offset: 0, stream: 'out', at: Date.now(), text: `${hostile}${control}\n` },
  );
  await agent.next('log_ack');
  // one line, longer than anybody reads
  for (let piece = 0; piece < 16; piece += 1) {
    const at = {
      offset: Buffer.byteLength(`${hostile}${control.toWellFormed()}\n`) + piece * 65_536,
      stream: 'out' as const,
      at: Date.now(),
    };
    agent.send({ type: 'log', ...attempt, ...at, text: 'x'.repeat(65_536) });
    await agent.next('log_ack');
  }
  const offset = (agent.received.findLast((message) => message.type === 'log_ack') as { offset: number }).offset;
  agent.send({
    type: 'result', ...attempt, outcome: 'failed', reason: hostile.slice(0, 64), message: `${hostile}${control}`, exitCode: 1,
    data: { [hostile]: hostile, control }, durationMs: 1, logSize: offset, cutBytes: 0,
  }); // biome-ignore format: a message
  await agent.next('ack');
  const later = await api.createTask({ ...definition, type: 'Interval', everySeconds: 86_400 });
  await api.post('/api/v1/tokens', { name: hostile.slice(0, 120), role: 'viewer' });
  visitor = createVisitor(url);
  await visitor.open(running.signInUrl);
  pages = [
    '/', '/tasks', `/tasks/${task.id}`, `/tasks/${task.id}/edit`, `/tasks/${later.task.id}/delete`, '/tasks/new', '/tasks/new?plugin=hostile',
    '/runs', `/runs/${run?.id}`, '/executions', `/executions/${offer.execution}`, '/agents', `/agents/${agentId}`, `/agents/${agentId}/revoke`,
    `/agents/${agentId}/remove`, '/plugins', '/plugins/hostile', '/settings/tokens', '/settings/join-tokens', '/settings/users', '/settings/secrets', '/audit',
    '/settings/roles', `/search?q=${encodeURIComponent(hostile.slice(0, 20))}`, `/audit?subject=${encodeURIComponent(hostile.slice(0, 100))}`,
    `/agents?target=${encodeURIComponent('"><hostile-tag>')}`, `/sign-in?next=${encodeURIComponent('/"><hostile-tag>')}`, '/%22%3E%3Chostile-tag%3E',
  ]; // biome-ignore format: a list of paths
});
afterAll(async () => {
  agent?.close();
  await server?.stop();
});

describe('text that plugins, agents and users chose', () => {
  it('stands on every page as text', async () => {
    let seen = 0;
    for (const path of pages) {
      const { html, status } = await visitor.open(path);
      expect([path, status]).toEqual([path, status < 500 ? status : 'no fault of the server']);
      seen += html.split('&lt;hostile-tag').length - 1;
      for (const tag of ['<hostile-tag', '<img src=x', '<script>'])
        expect([path, tag, html.includes(tag)]).toEqual([path, tag, false]);
    }
    expect(seen).toBeGreaterThan(50);
    expect(server.errors.filter((line) => !line.includes('plugin not loaded'))).toEqual([]);
  });

  it('holds nothing that turns text around, rings a bell or ends a string, and says what was there', async () => {
    for (const path of pages) {
      const { html } = await visitor.open(path);
      expect([path, odd.exec(html)?.[0] ?? 'nothing']).toEqual([path, 'nothing']);
    }
    const { html } = await visitor.open(pages.find((path) => path.startsWith('/agents/agt_')) ?? '');
    expect(html).toContain('red␛]0;title␇⟨U+202E⟩turned');
  });

  it('is told on the page of plugins when one of them could not be loaded, and why', async () => {
    const { html } = await visitor.open('/plugins');
    expect(html).toContain('Not loaded from the plugins folder');
    expect(html).toMatch(/<code>broken<\/code>/);
  });
});

const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the same text in a browser', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  it('makes no element, starts nothing, and the content security policy has nothing to stop', async () => {
    const { page, complaints } = browser;
    const { token } = await server.api.post<{ token: string }>('/api/v1/tokens', { name: 'browser', role: 'admin' });
    await page.goto(`${server.url}/sign-in`);
    await page.getByText('Use an access token instead').click();
    await page.getByLabel('Access token').fill(token);
    await page.getByRole('button', { name: 'Sign in with the token' }).click();
    await page.waitForURL(`${server.url}/`);
    for (const path of pages) {
      await page.goto(server.url + path);
      const made = await page.locator('hostile-tag, img[src="x"], script:not([src]), [onclick], [onerror]').count();
      expect([path, made]).toEqual([path, 0]);
    }
    expect(complaints.filter((text) => !/: 4\d\d$|status of 4\d\d/.test(text))).toEqual([]);
  });

  it('moves nothing out of the window, wide or narrow', async () => {
    const { page } = browser;
    const moved: string[] = [];
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      for (const path of pages) {
        await page.goto(server.url + path);
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        if (Number(wide) > width) moved.push(`${path} at ${width}: ${wide}`);
      }
    }
    expect(moved).toEqual([]);
  }, 60_000);
});
