import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { MetricSeries } from '../shared/api/metrics.ts';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the pages of agents are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the pages of agents, with real hosts', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;
  const open = (path: string) => page.goto(system.server().url + path);
  const rows = () => page.locator('.agents-table tbody tr');

  beforeAll(async () => {
    system = await startSystem({ settings: { MUSTER_HEARTBEAT_SECONDS: '1' } });
    await system.startAgent('web-1', { tags: ['web'] });
    await system.startAgent('db-1', { tags: ['db'] });
    browser = await openSignedIn(system.server().signInUrl);
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    await system?.dispose();
  });

  it('count while a filter is typed, tell the column of a mistake, and filter by their form', async () => {
    await open('/agents');
    const filter = page.getByLabel('Filter by name or target expression');
    await filter.fill('tag:w*');
    await page.getByText('1 of 2 hosts, 1 online').waitFor();
    await filter.fill('tag:web & (');
    await page.getByText('Column 12:').waitFor();
    await filter.fill('eb');
    await page.getByText('1 of 2 hosts').waitFor();
    await filter.press('Enter');
    await page.waitForURL(/target=eb/);
    expect(await rows().count()).toBe(1);
    await page.getByRole('link', { name: 'Clear' }).click();
    expect(await rows().count()).toBe(2);
  });

  it('sort by a column, and keep the look that was chosen', async () => {
    await open('/agents');
    expect(await rows().locator('.cell-name').allInnerTexts()).toEqual(['db-1', 'web-1']);
    await page.getByRole('link', { name: 'Name' }).click();
    await page.waitForURL(/sort=-name/);
    expect(await rows().locator('.cell-name').allInnerTexts()).toEqual(['web-1', 'db-1']);
    await page.getByRole('link', { name: 'Cards' }).click();
    await page.waitForURL(/view=cards/);
    await open('/agents');
    expect(await page.locator('.agent-card').count()).toBe(2);
    await page.getByRole('link', { name: 'Table' }).click();
    await rows().first().waitFor();
  });

  it('show fresh numbers in place, and leave the ticks alone', async () => {
    await open('/agents');
    await page.evaluate(() => Object.assign(globalThis, { isFirstLoad: true }));
    await page.getByText('Tag hosts…').click();
    await page.getByLabel('Tick web-1').check();
    const vitals = rows().filter({ hasText: 'web-1' }).locator('.cell-vital').first();
    await vitals.locator('.vital').evaluate((vital) => vital.setAttribute('title', 'not from the server'));
    await eventually(
      'the row is as the server has it',
      async () => (await vitals.locator('.vital').getAttribute('title'))?.startsWith('Load') ?? false,
      15_000,
    );
    expect(await page.getByLabel('Tick web-1').isChecked()).toBe(true);
    expect(await page.evaluate(() => 'isFirstLoad' in globalThis)).toBe(true);
  });

  it('tag the hosts that are ticked, and all that match', async () => {
    await open('/agents');
    await page.getByText('Tag hosts…').click();
    await page.getByLabel('Tick web-1').check();
    await page.getByText('(1)').waitFor();
    await page.getByLabel('Add', { exact: true }).fill('env=prod, canary');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('1 host tagged.').waitFor();
    await page.getByRole('link', { name: 'canary' }).click();
    await page.waitForURL(/target=tag/);
    await page.getByText('Tag hosts…').click();
    await page.getByLabel('All 1 that match').check();
    await page.getByLabel('Remove', { exact: true }).fill('canary');
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('No host fits').waitFor();
    const agents = await system.api.agents();
    expect(agents.find(({ name }) => name === 'web-1')?.tags).toEqual(['web', 'env=prod']);
    expect(agents.find(({ name }) => name === 'db-1')?.tags).toEqual(['db']);
  });

  it('draw what the heartbeats told, and have it in a table', async () => {
    const id = (await system.api.agents()).find(({ name }) => name === 'web-1')?.id;
    const series = async () => (await system.api.get<MetricSeries>(`/api/v1/agents/${id}/metrics`)).series;
    await eventually(
      'the network of two heartbeats',
      async () => (await series()).networkReceiveBytesPerSecond.some((value) => value !== null),
      15_000,
    );
    expect((await series()).memoryPercent.at(-1) ?? (await series()).memoryPercent.at(-2)).toBeGreaterThan(0);
    await open(`/agents/${id}`);
    await page.locator('[data-chart="cpu"] canvas').waitFor();
    expect(await page.locator('.plot canvas').count()).toBe(5);
    await page.locator('[data-chart="memory"] .chart-value').getByText('%').waitFor();
    expect(await page.locator('.metric-table tbody tr').first().locator('td').first().textContent()).toMatch(/^\d+\.\d %$/);
    await page.getByRole('link', { name: '24h' }).click();
    await page.waitForURL(/range=24h/);
    await page.locator('[data-chart="cpu"] canvas').waitFor();
  });

  it('find a fact, and the hosts that have the same', async () => {
    await open('/agents?target=web-1');
    await page.getByRole('link', { name: 'web-1' }).click();
    await page.getByLabel('Find a fact').fill('hostname');
    await eventually('only that fact is shown', async () => (await page.locator('.fact:visible').count()) === 1);
    await page.getByLabel('Find a fact').fill('no such fact');
    await page.getByText('No fact has that in it.').waitFor();
    await page.getByLabel('Find a fact').fill('arch');
    await page.locator('.fact:visible a').first().click();
    await page.waitForURL(/target=fact/);
    expect(await rows().count()).toBe(2);
  });

  it('say the same without script', async () => {
    const context = await page
      .context()
      .browser()
      ?.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
    const plain = await context?.newPage();
    if (plain === undefined) throw new Error('no page');
    await plain.goto(`${system.server().url}/agents?view=table`);
    await plain.getByLabel('Filter by name or target expression').fill('web');
    await plain.getByRole('button', { name: 'Filter' }).click();
    await plain.getByText('1 of 2 hosts').waitFor();
    await plain.getByRole('link', { name: 'web-1' }).click();
    await plain
      .getByRole('cell', { name: /^\d+\.\d %$/ })
      .first()
      .waitFor();
    await context?.close();
  });

  it('are without a complaint of the browser', () => {
    // a mistake in a filter is answered by 422, which is what it is
    expect(browser.complaints.filter((complaint) => !complaint.includes('422'))).toEqual([]);
  });
});
