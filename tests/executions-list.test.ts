import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the list of executions are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the list of executions', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;

  beforeAll(async () => {
    system = await startSystem({
      plugins: { 'well.sh': 'echo well\n', 'ill.sh': 'echo "the disk is full" >&2\nexit 3\n', 'slow.sh': 'sleep 60\n' },
    });
    await system.startAgent('web-1');
    await system.startAgent('web-2');
    await eventually(
      'both hold the plugins',
      async () => (await system.api.plugins()).every(({ heldBy }) => heldBy === 2),
      15_000,
    );
    await system.api.runTask({ owner: 'ALL', plugin: 'well', name: 'Fine' });
    await system.api.runTask({ owner: 'web-1', plugin: 'ill', name: 'Broken' });
    browser = await openSignedIn(system.server().signInUrl);
    page = browser.page;
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await system?.dispose();
  });

  const rows = () => page.locator('tbody tr');
  const list = (query = '') => page.goto(`${system.server().url}/executions${query}`);

  it('is filtered by what the form asks for, keeps it in the URL, and the way back leads back', async () => {
    await list();
    expect(await rows().count()).toBe(3);
    await page.getByLabel('Plugin').selectOption('well');
    await page.waitForURL(/\/executions\?plugin=well$/);
    expect(await rows().count()).toBe(2);
    await page.getByLabel('Host', { exact: true }).fill('web-2');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/host=web-2/);
    expect(await rows().count()).toBe(1);
    await page.goBack();
    await page.goBack();
    expect(await rows().count()).toBe(3);
    await list('?state=failed');
    expect(await rows().count()).toBe(1);
  });

  it('says what is asked for, and takes it back piece by piece', async () => {
    await list('?state=failed&reason=exit_code&since=24h&text=CODE');
    expect(await rows().count()).toBe(1);
    expect(await page.locator('.filter-chips li').allInnerTexts()).toEqual(
      expect.arrayContaining([
        expect.stringContaining('exit code'),
        expect.stringContaining('the last day'),
        expect.stringContaining('CODE'),
      ]),
    );
    await page.getByRole('link', { name: 'Without: in the last day' }).click();
    await page.waitForURL((url) => !url.searchParams.has('since'));
    expect(new URL(page.url()).searchParams.get('reason')).toBe('exit_code');
  });

  it('knows no such host, and says so', async () => {
    await list('?host=nobody');
    await page.getByText('No agent has the name nobody.').waitFor();
  });

  it('filters, keeps a view under a name and removes it, without script as well', async () => {
    const context = page.context();
    const plain = await context.browser()?.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
    const bare = await plain?.newPage();
    if (bare === undefined) throw new Error('There is no browser.');
    bare.setDefaultTimeout(10_000);
    await bare.goto(`${system.server().url}/executions`);
    await bare.getByLabel('State', { exact: true }).selectOption('failed');
    await bare.getByRole('button', { name: 'Filter' }).click();
    await bare.waitForURL(/state=failed/);
    await bare.getByText('Save this view').click();
    await bare.getByLabel('Name', { exact: true }).fill('What failed');
    await bare.getByLabel('Everybody sees it').check();
    await bare.getByRole('button', { name: 'Save', exact: true }).click();
    await bare.waitForURL(/\?state=failed$/);
    await bare.goto(`${system.server().url}/executions`);
    await bare.getByRole('link', { name: 'What failed' }).click();
    expect(await bare.locator('tbody tr').count()).toBe(1);
    await bare.getByRole('button', { name: 'Remove the view What failed' }).click();
    await bare.waitForURL(/\/executions$/);
    expect(await bare.getByRole('link', { name: 'What failed' }).count()).toBe(0);
    await plain?.close();
  });

  it('leads to an execution that tells what happened, and runs again on its host alone', async () => {
    await list('?state=failed');
    await rows().first().locator('a').first().click();
    await page.waitForURL(/\/executions\/exe_/);
    const told = await page.locator('.timeline li').allInnerTexts();
    expect(told.map((line) => /Queued|Offered|Running|Failed/.exec(line)?.[0])).toEqual([
      'Queued',
      'Offered',
      'Running',
      'Failed',
    ]);
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForURL(/\/runs\//);
    await page.getByText('one host').first().waitFor();
  });

  it('has no complaint', () => expect(browser.complaints).toEqual([]));
});
