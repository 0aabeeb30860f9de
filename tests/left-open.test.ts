import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CDPSession, Page } from 'playwright-core';
import type { Agent } from '../shared/api/agents.ts';
import { type AgentClient, connectAgent, createAgentKeys, enrolAgent } from './support/agent-client.ts';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { eventually } from './support/eventually.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

/** A page that is left open for a day is told thousands of changes, and must be as large in the evening as in the morning. */

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the size of pages left open are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

const manifest = JSON.stringify({
  name: 'work',
  version: '1.0.0',
  description: '',
  runtime: 'bash',
  entry: 'x.sh',
  actions: { main: {} },
});
const hosts = 25;
const roundsBefore = 10;
const roundsAfter = 50;

type Size = { readonly nodes: number; readonly listeners: number; readonly heapMiB: number };

describeWithBrowser('a page that is told thousands of changes', () => {
  let server: ServerInProcess;
  let browser: TestBrowser;
  let page: Page;
  let cdp: CDPSession;
  const agents: AgentClient[] = [];
  /** how far the hosts may go: each ends so many attempts */
  let allowed = 0;
  let go = Promise.withResolvers<void>();

  beforeAll(async () => {
    server = await startServerInProcess({ 'work/plugin.json': manifest, 'work/x.sh': 'echo\n' });
    const { token } = await server.api.post<{ token: string }>('/api/v1/join-tokens', { maxUses: hosts });
    const keys = createAgentKeys();
    for (let index = 1; index <= hosts; index += 1) {
      const { agentId } = await enrolAgent({ url: server.url, joinToken: token, name: `host-${index}`, keys });
      const agent = await connectAgent(server.url, { agentId, keys });
      agent.send({ type: 'facts', facts: {}, runtimes: { bash: '5' } });
      agents.push(agent);
    }
    browser = await openSignedIn(server.running.signInUrl);
    page = browser.page;
    cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable');
    await cdp.send('HeapProfiler.enable');
  }, 60_000);
  afterAll(async () => {
    allowed = Number.NEGATIVE_INFINITY;
    for (const agent of agents) agent.close();
    await browser?.close();
    await server?.stop();
  });

  /** The least of a few looks: in between, an answer may just be read whose parts nobody keeps. */
  async function size(): Promise<Size> {
    const looks: Size[] = [];
    for (let look = 0; look < 5; look += 1) {
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
      await cdp.send('HeapProfiler.collectGarbage');
      const { metrics } = await cdp.send('Performance.getMetrics');
      const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
      looks.push({ nodes: of('Nodes'), listeners: of('JSEventListeners'), heapMiB: of('JSHeapUsedSize') / 1024 ** 2 });
    }
    const least = (key: keyof Size): number => Math.min(...looks.map((look) => look[key]));
    return { nodes: least('nodes'), listeners: least('listeners'), heapMiB: least('heapMiB') };
  }

  function expectNoGrowth(before: Size, after: Size): void {
    console.info(`size of the page: ${JSON.stringify({ before, after })}`);
    // words and counts differ a little; what is kept per change would be thousands
    expect(after.nodes).toBeLessThan(before.nodes + 400);
    expect(after.listeners).toBeLessThan(before.listeners + 20);
    expect(after.heapMiB).toBeLessThan(before.heapMiB + 2);
  }

  /** Fails every attempt, and goes on as far as it may. */
  async function failForever(agent: AgentClient): Promise<void> {
    for (let round = 0; round < roundsBefore + roundsAfter; round += 1) {
      while (round >= allowed) await go.promise;
      const { execution, attempt } = await agent.next('offer');
      agent.send({ type: 'accept', execution, attempt });
      await agent.next('start');
      agent.send({
        type: 'result', execution, attempt, outcome: 'failed', reason: 'exit_code', message: `try ${attempt}`, exitCode: 1,
        data: null, durationMs: 1, logSize: 0, cutBytes: 0,
      }); // biome-ignore format: a message
    }
  }

  function allow(rounds: number): void {
    allowed = rounds;
    go.resolve();
    go = Promise.withResolvers();
  }

  it('of a run stays as large as it was', async () => {
    const { run } = await server.api.createTask({
      owner: 'ALL',
      plugin: 'work',
      retries: { count: roundsBefore + roundsAfter, delaySeconds: 0, jitter: 0 },
    });
    const ends = agents.map(failForever);
    await page.goto(`${server.url}/runs/${run?.id}`);
    await page.locator('.grid-card.is-ready').waitFor();
    // as the page shows it: the attempt that follows the last round waits for its host everywhere
    const shown = async (rounds: number): Promise<void> => {
      allow(rounds);
      const cells = page.locator('[data-live="hosts"] td[data-label="Attempt"]');
      const all = Array.from({ length: hosts }, () => String(rounds + 1)).join();
      await eventually(`round ${rounds} is shown`, async () => (await cells.allInnerTexts()).join() === all, 60_000);
    };
    await shown(roundsBefore);
    const before = await size();
    await shown(roundsBefore + roundsAfter);
    await Promise.all(ends);
    expectNoGrowth(before, await size());
  }, 180_000);

  it('of the agents stays as large as it was', async () => {
    const { items } = await server.api.get<{ items: Agent[] }>('/api/v1/agents?limit=100');
    const tag = async (round: number): Promise<void> => {
      await Promise.all(
        items.map(({ id }) => server.api.send('PATCH', `/api/v1/agents/${id}`, { tags: [`round-${round}`, `of-${round % 7}`] })),
      );
    };
    await page.goto(`${server.url}/agents?view=table`);
    for (let round = 0; round < roundsBefore; round += 1) await tag(round);
    await page
      .getByText(`round-${roundsBefore - 1}`)
      .first()
      .waitFor();
    const before = await size();
    for (let round = 0; round <= 2 * roundsAfter; round += 1) await tag(round);
    await page
      .getByText(`round-${2 * roundsAfter}`)
      .first()
      .waitFor();
    expectNoGrowth(before, await size());
  }, 180_000);
});
