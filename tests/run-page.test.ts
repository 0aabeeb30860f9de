import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Run } from '../shared/api/runs.ts';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { type System, startSystem } from './support/system.ts';

/** Waits for a file, then fails on one of the hosts. */
const gate = `
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main({ open }, context) {
  while (!existsSync(open)) await pause(20, undefined, { signal: context.signal });
  console.log('checking');
  console.log(context.agentName === 'host-2' ? 'disk is full' : 'disk is fine');
  if (context.agentName === 'host-2') throw new Error('The disk is full.');
}
`;
const manifest = JSON.stringify({
  name: 'gate',
  version: '1.0.0',
  description: '',
  runtime: 'node',
  entry: 'index.js',
  actions: { main: {} },
});
const hosts = ['host-1', 'host-2', 'host-3', 'host-10'];

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the page of a run are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the page of a run', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;
  let run: Run;
  const url = (path: string): string => system.server().url + path;
  const count = (state: string) => page.locator(`[data-count="${state}"]`);

  beforeAll(async () => {
    system = await startSystem({ plugins: { 'gate/index.js': gate, 'gate/plugin.json': manifest } });
    await Promise.all(hosts.map((name) => system.startAgent(name)));
    browser = await openSignedIn(system.server().signInUrl);
    page = browser.page;
    const created = await system.api.createTask({ owner: 'ALL', plugin: 'gate', args: { open: `${system.folder}/open` } });
    run = created.run as Run;
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await system?.dispose();
  });

  it('shows every host as a cell, and turns its cells and counts without being fetched for each change', async () => {
    await page.goto(url(`/runs/${run.id}`));
    await page.locator('.grid-card.is-ready').waitFor();
    await page.locator('[data-count="running"]', { hasText: '4' }).waitFor();
    await page.evaluate(() => Object.assign(globalThis, { isFirstLoad: true }));
    await system.writePlugin('../open', '');
    await count('succeeded').filter({ hasText: '3' }).waitFor();
    await count('failed').filter({ hasText: '1' }).waitFor();
    await page.locator('.head-title').getByText('Failed').waitFor();
    expect(await page.locator('[data-ended]').textContent()).toBe('4');
    expect(await page.evaluate(() => 'isFirstLoad' in globalThis)).toBe(true);
  });

  it('folds the results, the outlier first, with the line in which it differs', async () => {
    const [first, second] = await page.locator('.group > summary').allInnerTexts();
    expect(first).toContain('host-2');
    expect(second).toContain('host-[1,3,10]');
    await page.locator('.group').first().locator('.diff ins', { hasText: '+disk is full' }).waitFor();
  });

  it('opens the one failing host by the keyboard, from cell to cell in the natural order of the names', async () => {
    await page.locator('.grid-view').focus();
    await page.keyboard.press('End');
    await page.locator('.grid-readout', { hasText: 'host-10' }).waitFor();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.locator('.grid-readout', { hasText: 'The disk is full.' }).waitFor();
    expect(await page.locator('.grid-readout').textContent()).toMatch(/Failed.*host-2.*The disk is full\./s);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/executions\/exe_/);
    await page.getByRole('heading', { name: 'host-2' }).waitFor();
  });

  it('finds a host by a part of its name, and opens it by a click', async () => {
    await page.goto(url(`/runs/${run.id}`));
    await page.locator('.grid-card.is-ready').waitFor();
    await page.getByLabel('Find a host').fill('-10');
    await page.getByText('1 found').waitFor();
    await page.locator('.grid-readout', { hasText: 'host-10' }).waitFor();
    const cell = await page.locator('.grid-cursor').boundingBox();
    if (cell === null) throw new Error('There is no cursor.');
    await page.mouse.click(cell.x + cell.width / 2, cell.y + cell.height / 2);
    await page.waitForURL(/\/executions\/exe_/);
    await page.getByRole('heading', { name: 'host-10' }).waitFor();
  });

  it('runs again on the failed host alone', async () => {
    await page.goto(url(`/runs/${run.id}`));
    await page.getByRole('button', { name: 'failed (1)' }).click();
    await page.waitForURL((to) => to.pathname.startsWith('/runs/run_') && !to.pathname.endsWith(run.id));
    await page.getByText('Again on').waitFor();
    const again = await system.api.finalRun(page.url().split('/').at(-1) ?? '');
    expect(again).toMatchObject({ total: 1, state: 'failed', retryOf: { runId: run.id, only: 'failed' } });
    expect((await system.api.executionsOf(again.id)).map(({ agentName }) => agentName)).toEqual(['host-2']);
  });

  it('has no complaint of the browser', () => expect(browser.complaints).toEqual([]));

  it('says that the server is away, and goes on by itself when it is back', async () => {
    await page.goto(url(`/runs/${run.id}`));
    await page.locator('.grid-card.is-ready').waitFor();
    await system.server().stop();
    await page.locator('#notice', { hasText: 'Connection lost' }).waitFor();
    await system.startServer();
    await page.locator('#notice').waitFor({ state: 'hidden', timeout: 30_000 });
  }, 60_000);

  it('says that what it shows was removed, with a way to its list', async () => {
    await system.connected(...hosts);
    const agent = (await system.api.agents()).find(({ name }) => name === 'host-3');
    await page.goto(url(`/agents/${agent?.id}`));
    await system.api.post(`/api/v1/agents/${agent?.id}/revoke`);
    const removed = await system.api.send('DELETE', `/api/v1/agents/${agent?.id}`);
    expect(removed.status).toBe(204);
    await page.locator('#notice', { hasText: 'removed' }).getByRole('link', { name: 'Agents' }).waitFor();
  });

  it('says that the session ended, with a way to sign in, and goes on when somebody did', async () => {
    await page.goto(url('/runs'));
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    await system.api.createTask({ owner: 'host-1', plugin: 'gate', args: { open: `${system.folder}/open` } });
    await page.locator('#notice').getByRole('link', { name: 'Sign in again' }).waitFor();
    await page.context().addCookies(cookies);
    // as when somebody comes back from another tab
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
    await page.locator('#notice').waitFor({ state: 'hidden' });
  });
});
