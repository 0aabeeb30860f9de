import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type AgentClient, connectAgent, createAgentKeys, enrolAgent } from './support/agent-client.ts';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the log viewer are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the log of an execution', () => {
  let server: ServerInProcess;
  let agent: AgentClient;
  let browser: TestBrowser;
  let page: Page;

  beforeAll(async () => {
    server = await startServerInProcess({
      'say/plugin.json': JSON.stringify({
        name: 'say',
        version: '1.0.0',
        description: 'Says it.',
        runtime: 'bash',
        entry: 'x.sh',
        actions: { main: { title: 'Say', args: { type: 'object' } } },
      }),
      'say/x.sh': 'echo it\n',
    });
    const { token } = await server.api.post<{ token: string }>('/api/v1/join-tokens');
    const keys = createAgentKeys();
    const { agentId } = await enrolAgent({ url: server.url, joinToken: token, name: 'host-1', keys });
    agent = await connectAgent(server.url, { agentId, keys });
    browser = await openSignedIn(server.running.signInUrl);
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    agent?.close();
    await server?.stop();
  });

  /** An execution under way whose output the test writes. */
  async function started() {
    await server.api.createTask({ owner: 'host-1', plugin: 'say', args: {} });
    const { execution, attempt } = await agent.next('offer');
    agent.send({ type: 'accept', execution, attempt });
    await agent.next('start');
    let offset = 0;
    return {
      execution,
      async print(text: string, stream: 'out' | 'err' = 'out') {
        for (let at = 0; at < text.length; at += 60_000) {
          agent.send({ type: 'log', execution, attempt, offset, stream, at: Date.now(), text: text.slice(at, at + 60_000) });
          offset = (await agent.next('log_ack')).offset;
        }
      },
      async end() {
        agent.send({
          type: 'result', execution, attempt, outcome: 'succeeded', reason: 'ok', message: '', exitCode: 0, data: null, durationMs: 1,
          logSize: offset, cutBytes: 0,
        }); // biome-ignore format: a message
        await agent.next('ack');
      },
    };
  }
  const rows = () => page.locator('.log-row');
  const open = (execution: string, hash = '') => page.goto(`${server.url}/executions/${execution}${hash}`);

  it('follows what is printed, pauses when one scrolls up, and jumps to the newest', async () => {
    const work = await started();
    await work.print(lines(1, 300));
    await open(work.execution);
    await page.locator('#L300').waitFor();
    await work.print('still going');
    await page.getByText('still going').waitFor();
    await work.print(' and on\n');
    await page.getByText('still going and on').waitFor();
    await page.locator('#log').hover();
    await page.mouse.wheel(0, -2000);
    const newest = page.getByRole('button', { name: 'Jump to the newest' });
    await newest.waitFor();
    expect(await page.getByLabel('Follow').isChecked()).toBe(false);
    await work.print(lines(302, 320));
    await newest.click();
    await page.locator('#L320').waitFor();
    await work.end();
    await page.getByText('Following.').waitFor({ state: 'detached' });
    expect(await rows().count()).toBe(320);
  });

  it('shows colours, streams and hostile text as what they are', async () => {
    const work = await started();
    await work.print(
      '\u001b[1;31mred\u001b[0m \u001b[38;5;226mpale\u001b[0m \u001b[38;2;1;2;3mdeep\u001b[0m \u001b[4munder\u001b[0m \u001b]0;title\u0007\n',
    );
    await work.print('<img src=x onerror=alert(1)> \u202eabc\u0007\n', 'err');
    await work.end();
    await open(work.execution);
    const first = rows().nth(0).locator('.log-text');
    expect(await first.textContent()).toBe('red pale deep under ');
    expect(await first.locator('.ansi-bold').textContent()).toBe('red');
    for (const word of ['red', 'pale', 'deep']) expect(await contrastOf(word)).toBeGreaterThan(4.5);
    const second = rows().nth(1);
    expect(await second.locator('.log-text').textContent()).toBe('<img src=x onerror=alert(1)> U+202Eabc\u2407');
    expect(await second.getAttribute('class')).toContain('log-err');
    expect(await page.locator('#log img').count()).toBe(0);
    expect(browser.complaints).toEqual([]);
  });

  it('counts what is searched for, and goes from one to the next by key', async () => {
    const work = await started();
    await work.print(lines(1, 200));
    await work.end();
    await open(work.execution);
    const search = page.locator('[data-log-search]');
    await page.locator('#L200').waitFor();
    await search.fill('line 15');
    await page.getByText('1 of 11', { exact: true }).waitFor();
    await search.press('Enter');
    await page.getByText('2 of 11', { exact: true }).waitFor();
    await search.press('Shift+Enter');
    await search.press('Shift+Enter');
    await page.getByText('11 of 11', { exact: true }).waitFor();
  });

  it('keeps to some pages of a large log and of a line without an end, and finds a line by its link', async () => {
    const work = await started();
    await work.print(lines(1, 9000));
    await work.print(`${'x'.repeat(1_000_000)}\n`);
    await work.end();
    await open(work.execution, '#L8000');
    await page.locator('#L8000.log-here').waitFor();
    expect(await page.locator('#L8000 .log-text').textContent()).toBe('line 8000 of the log');
    for (let turn = 0; turn < 40; turn += 1) {
      await page.locator('#log').hover();
      await page.mouse.wheel(0, 20_000);
    }
    await page.locator('#L9001').waitFor({ state: 'attached' });
    expect(await rows().count()).toBeLessThanOrEqual(4400);
    await page.locator('#log').evaluate((log) => log.scrollTo(0, 0));
    await page.locator('#L7000').waitFor({ state: 'attached' });
    expect(await page.locator('#L7000 .log-text').textContent()).toBe('line 7000 of the log');
    expect(await page.getByLabel('Follow').isVisible()).toBe(false);
    // by key as well, and the address can be copied
    await page.locator('[data-log-search]').fill(':7100');
    await page.keyboard.press('Enter');
    await page.locator('#L7100.log-here').waitFor();
    expect(new URL(page.url()).hash).toBe('#L7100');
    expect(browser.complaints).toEqual([]);
  });

  it('is there to its last line when one scrolls on, also where that is in a page of its own', async () => {
    const work = await started();
    await work.print(lines(1, 4005));
    await work.end();
    await open(work.execution);
    await page.locator('#L1').waitFor();
    for (let turn = 0; turn < 20 && !(await page.locator('#L4005').isVisible()); turn += 1)
      await page.locator('#log').evaluate((log) => log.scrollTo(0, log.scrollHeight));
    await page.locator('#L4005').waitFor();
  });

  it('shows its beginning and end without script, with a link to read on', async () => {
    const work = await started();
    await work.print(lines(1, 9000));
    await work.end();
    const html = await (await page.request.get(`${server.url}/executions/${work.execution}`)).text();
    expect(html).toContain('line 1 of the log');
    expect(html).toContain('line 9000 of the log');
    expect(html).toContain('are left out here');
    const [, next] = /href="([^"]+\?from=\d+)"/.exec(html) ?? [];
    const more = await (await page.request.get(`${server.url}${next}`)).text();
    expect(more).toContain('From the beginning');
  });

  /** Of a coloured part against the ground of the log. */
  const contrastOf = async (word: string): Promise<number> => {
    const log = page.locator('#log');
    const part = log.locator('.log-text span', { hasText: word });
    const colours = await page.evaluate<[string, string]>(`(() => {
      const log = document.querySelector('#log');
      const part = [...log.querySelectorAll('.log-text span')].find(({ textContent }) => textContent === ${JSON.stringify(word)});
      return [getComputedStyle(part).color, getComputedStyle(log).backgroundColor];
    })()`);
    expect(await part.count()).toBe(1);
    const [high = 0, low = 0] = colours.map(luminance).sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
});

function luminance(css: string): number {
  const [red = 0, green = 0, blue = 0] = (css.match(/[\d.]+/g) ?? [])
    .slice(0, 3)
    .map((value) => Number(value) / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index} of the log\n`).join('');
