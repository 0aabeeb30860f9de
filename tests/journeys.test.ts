import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Run } from '../shared/api/runs.ts';
import { browserPath, openBrowser, type TestBrowser } from './support/browser.ts';
import { type System, startSystem } from './support/system.ts';

/** What people come to the dashboard for, from one end to the other: a real server, real agents, a real browser. */

const root = fileURLToPath(new URL('..', import.meta.url));
const hosts = ['host-1', 'host-2', 'host-3'];

/** Waits for a file, then fails on one of the hosts. */
const gate = `
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main({ open }, context) {
  while (!existsSync(open)) await pause(20, undefined, { signal: context.signal });
  console.log('checking the disk');
  if (context.agentName === 'host-2') throw new Error('The disk is full.');
  console.log('there is room');
}
`;
const greet = (word: string): string =>
  `export async function main({ name = 'world' }) {\n  console.log('${word}, ' + name);\n  return '${word}, ' + name;\n}\n`;
const manifest = (name: string, properties: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({
    name,
    version: '1.0.0',
    description: `Does ${name}.`,
    runtime: 'node',
    entry: 'index.mjs',
    actions: { main: { args: { type: 'object', properties, additionalProperties: false } } },
  });
const plugins = {
  'gate/index.mjs': gate,
  'gate/plugin.json': manifest('gate', { open: { type: 'string', title: 'File to wait for' } }),
  'greet/index.mjs': greet('Hello'),
  'greet/plugin.json': manifest('greet', { name: { type: 'string', title: 'Name' } }),
};
const person = { name: 'mira', password: 'a long enough sentence' };

if (browserPath === undefined) console.warn('No Chromium on this machine: the journeys through the dashboard are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('somebody at the dashboard', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;
  let added: ChildProcess | undefined;
  const url = (path: string): string => system.server().url + path;
  const path = (): string => new URL(page.url()).pathname;
  const stays = () => page.evaluate(() => Object.assign(globalThis, { isFirstLoad: true }));
  const stayed = () => page.evaluate(() => 'isFirstLoad' in globalThis);

  beforeAll(async () => {
    system = await startSystem({ plugins });
    await system.api.post('/api/v1/users', { ...person, role: 'admin' });
    await Promise.all(hosts.map((name) => system.startAgent(name)));
    browser = await openBrowser();
    page = browser.page;
    page.setDefaultTimeout(10_000);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await end(added);
    await system?.dispose();
  });

  it('signs in, and is where they wanted to be', async () => {
    await page.goto(url('/agents?status=Online'));
    await page.getByLabel('Name').fill(person.name);
    await page.getByLabel('Password').fill('not the right one at all');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').first().waitFor();
    await page.getByLabel('Name').fill(person.name);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL(url('/agents?status=Online'));
    for (const name of hosts) await page.getByRole('link', { name }).first().waitFor();
  });

  it('adds a host by the line that the page gives, and sees it appear', async () => {
    await page.getByRole('link', { name: 'Add hosts' }).click();
    await page.locator('main form[action="/settings/join-tokens"] button').last().click();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy' }).first().click();
    const line = await page.evaluate('navigator.clipboard.readText()').then(String);
    expect(line).toMatch(/^npx muster agent --server http\S+ --join-token \S+$/);
    expect(line).toBe(await page.locator('.copy-line code').first().textContent());
    await stays();
    added = runLine(line, { MUSTER_AGENT_NAME: 'host-10', MUSTER_AGENT_DIR: `${system.folder}/agents/host-10` });
    await page.locator('[data-live="joined"]').getByRole('link', { name: 'host-10' }).waitFor({ timeout: 30_000 });
    expect(await stayed()).toBe(true);
    await page.locator('[data-live="joined"]').getByRole('link', { name: 'host-10' }).click();
    await page.getByRole('heading', { name: 'host-10' }).waitFor();
    await page.getByText('Online').first().waitFor();
  }, 60_000);

  it('runs something on ALL, and watches the grid turn', async () => {
    await page.goto(url('/tasks/new?plugin=gate&action=main'));
    await page.getByLabel('File to wait for').fill(`${system.folder}/open`);
    await page.getByLabel(/^Owner/).fill('ALL');
    await page.getByText('4 hosts').first().waitFor();
    await page.getByRole('button', { name: 'Create the task' }).click();
    await page.waitForURL(/\/runs\/run_/);
    await page.locator('.grid-card.is-ready').waitFor();
    await page.locator('[data-count="running"]', { hasText: '4' }).waitFor();
    await stays();
    await system.writePlugin('../open', '');
    await page.locator('[data-count="succeeded"]', { hasText: '3' }).waitFor();
    await page.locator('[data-count="failed"]', { hasText: '1' }).waitFor();
    await page.locator('.head-title').getByText('Failed').waitFor();
    expect(await stayed()).toBe(true);
  });

  it('gets from the overview to the one failing host in two clicks, with what it printed', async () => {
    await page.goto(url('/'));
    await page.getByRole('link', { name: 'gate.main' }).first().click();
    await page.getByRole('link', { name: 'Open the execution' }).first().click();
    await page.waitForURL(/\/executions\/exe_/);
    await page.getByRole('heading', { name: 'host-2' }).waitFor();
    await page.getByText('The disk is full.').first().waitFor();
    await page.getByText('checking the disk').first().waitFor();
  });

  it('edits a plugin, and sees the next run use it', async () => {
    await page.goto(url('/plugins'));
    await page.locator('main').getByRole('link', { name: 'greet' }).first().click();
    await page.getByRole('link', { name: 'Edit' }).first().click();
    await page.locator('.pce-textarea[aria-label="Text of index.mjs"]').fill(greet('Moin'));
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByText("+  console.log('Moin, ' + name);").waitFor();
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.waitForURL(/\/plugins\/greet$/);
    await page.goto(url('/tasks/new?plugin=greet&action=main'));
    await page.getByLabel(/^Owner/).fill('host-1');
    await page.getByRole('button', { name: 'Create the task' }).click();
    await page.waitForURL(/\/runs\/run_/);
    await page.getByRole('link', { name: 'host-1' }).first().click();
    await page.waitForURL(/\/executions\/exe_/);
    await page.getByText('Moin, world').first().waitFor();
  });

  it('schedules a task, sees when it will fire, and sees it fire', async () => {
    await page.goto(url('/tasks/new?plugin=greet&action=main'));
    await page.getByLabel(/^Owner/).fill('Anyone');
    await page.locator('label[for="type-Scheduled"]').click();
    await page.getByLabel('Cron').fill('* * * * * *');
    await page.locator('[data-firings] li').nth(9).waitFor();
    await page.getByLabel('Name', { exact: true }).last().fill('Every second');
    await page.getByRole('button', { name: 'Create the task' }).click();
    await page.waitForURL(/\/tasks\/tsk_/);
    await page.getByRole('heading', { name: 'Every second' }).waitFor();
    await stays();
    await page.locator('main a[href^="/runs/run_"]').first().waitFor();
    expect(await stayed()).toBe(true);
    await page.getByRole('button', { name: 'Pause' }).first().click();
    await page.getByText('Paused').first().waitFor();
  });

  it('filters, gives the address to somebody else, and goes back', async () => {
    await page.goto(url('/executions'));
    const all = await page.locator('main tbody tr').count();
    expect(all).toBeGreaterThan(4);
    const states = page.getByLabel('State').first();
    const sendsItself = (await states.getAttribute('data-submit')) !== null;
    await states.selectOption('failed');
    if (!sendsItself) await page.locator('main').getByRole('button', { name: 'Filter' }).first().click();
    await page.waitForURL(/state=failed/);
    await page.locator('main tbody tr').first().getByText('host-2').waitFor();
    const rows = await page.locator('main tbody tr').count();

    const other = await page.context().browser()?.newContext();
    const window = await other?.newPage();
    if (other === undefined || window === undefined) throw new Error('There is no second window.');
    await window.goto(page.url());
    await window.getByLabel('Name').fill(person.name);
    await window.getByLabel('Password').fill(person.password);
    await window.getByRole('button', { name: 'Sign in', exact: true }).click();
    await window.waitForURL(page.url());
    expect(await window.locator('main tbody tr').count()).toBe(rows);
    expect(await window.getByLabel('State').first().inputValue()).toBe('failed');
    await other.close();

    await page.goBack();
    await page.waitForURL((to) => !to.search.includes('failed'));
    expect(await page.locator('main tbody tr').count()).toBeGreaterThan(rows);
  });

  it('does it all with the keyboard alone: signs in, goes about, makes a task, opens the failing host’s log', async () => {
    const { keyboard } = page;
    await page.context().clearCookies();
    await page.goto(url('/'));
    // the cursor stands in the field already
    await keyboard.type(person.name);
    await keyboard.press('Tab');
    await keyboard.type(person.password);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();

    await keyboard.press('g');
    await keyboard.press('a');
    await page.waitForURL(/\/agents$/);
    await keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search and commands' }).waitFor();
    await keyboard.type('new task');
    await page.getByRole('option', { name: 'New task' }).waitFor();
    await keyboard.press('Enter');
    await page.waitForURL(/\/tasks\/new$/);
    await tabTo(page, (focus) => focus.href.includes('plugin=gate'));
    await keyboard.press('Enter');
    await page.waitForURL(/plugin=gate/);
    await tabTo(page, (focus) => focus.label.startsWith('File to wait for'));
    await keyboard.type(`${system.folder}/open`);
    await tabTo(page, (focus) => focus.label.startsWith('Owner'));
    await keyboard.press('Control+a');
    await keyboard.type('ALL');
    // Enter in a field sends the form
    await keyboard.press('Enter');
    await page.waitForURL(/\/runs\/run_/);
    const { state } = await system.api.finalRun(path().split('/').at(-1) ?? '');
    expect(state).toBe('failed' satisfies Run['state']);

    await page.locator('.grid-card.is-ready').waitFor();
    await page.locator('.head-title').getByText('Failed').waitFor();
    await tabTo(page, (focus) => focus.classes.includes('grid-view'));
    await keyboard.press('Home');
    await keyboard.press('ArrowRight');
    await page.locator('.grid-readout', { hasText: 'host-2' }).waitFor();
    await keyboard.press('Enter');
    await page.waitForURL(/\/executions\/exe_/);
    await page.getByRole('heading', { name: 'host-2' }).waitFor();
    await page.getByText('checking the disk').first().waitFor();
    await keyboard.press('g');
    await keyboard.press('o');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  }, 60_000);

  it('left the browser nothing to complain about, but for the wrong password', () => {
    expect(browser.complaints.filter((complaint) => !complaint.includes('401'))).toEqual([]);
  });
});

type Focus = { readonly label: string; readonly href: string; readonly classes: string };

/** Presses Tab until the focus is where it should be, as somebody without a mouse does. */
async function tabTo(page: Page, isThere: (focus: Focus) => boolean, most = 80): Promise<void> {
  const seen: string[] = [];
  for (let pressed = 0; pressed < most; pressed += 1) {
    await page.keyboard.press('Tab');
    const focus = (await page.evaluate(`(() => {
      const element = document.activeElement;
      const label = element.getAttribute('aria-label') ?? element.labels?.[0]?.innerText ?? element.innerText ?? '';
      return { label: label.trim(), href: element.getAttribute('href') ?? '', classes: element.className };
    })()`)) as Focus;
    if (isThere(focus)) return;
    seen.push(focus.label || focus.href || focus.classes);
  }
  throw new Error(`Tab never came there, only to: ${seen.join(' | ')}`);
}

/** As given, where Muster is unpacked; only where the agent keeps its things, and its name, are of the test. */
function runLine(line: string, env: Readonly<Record<string, string>>): ChildProcess {
  mkdirSync(env.MUSTER_AGENT_DIR as string, { recursive: true });
  const { PATH = '', HOME = '' } = process.env;
  return spawn('sh', ['-c', `exec ${line}`], { cwd: root, env: { PATH, HOME, ...env }, stdio: 'ignore', detached: true });
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null) return;
  const gone = once(child, 'close');
  process.kill(-child.pid, 'SIGTERM');
  await gone;
}
