import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the schedule in the form are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the schedule in the form of a task', () => {
  let server: ServerInProcess;
  let browser: TestBrowser;
  let page: Page;

  beforeAll(async () => {
    server = await startServerInProcess({ 'noop.js': 'export const main = () => null;\n' });
    browser = await openSignedIn(server.running.signInUrl);
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  const open = async (type: 'Scheduled' | 'Interval'): Promise<void> => {
    await page.goto(`${server.url}/tasks/new?plugin=noop&owner=Anyone`);
    await page.locator(`label[for="type-${type}"]`).click();
  };
  const firings = () => page.locator('[data-firings] li');
  const times = (): Promise<string[]> => page.locator('[data-firings] li > span:first-child').allTextContents();

  test('shows the next firings while it is typed', async () => {
    await open('Scheduled');
    expect(await firings().count()).toBe(0);
    await page.getByLabel('Cron').fill('0 9 * * *');
    await firings().nth(9).waitFor();
    expect((await times())[0]).toMatch(/^[A-Z][a-z]{2} \d{4}-\d\d-\d\d 09:00 UTC$/);
    await page.locator('[data-firings]').getByText('At 09:00, every day').waitFor();
    await page.getByLabel('Time zone').fill('Asia/Kolkata');
    await page.locator('[data-firings]').getByText('03:30 UTC').first().waitFor();
    expect((await times())[0]).toMatch(/ 09:00 Asia\/Kolkata$/);
    expect(await firings().count()).toBe(10);
  });

  test('shows which of them a calendar takes', async () => {
    await open('Scheduled');
    await page.getByLabel('Cron').fill('0 9 * * *');
    await page.locator('summary', { hasText: 'Calendar' }).click();
    await page.getByLabel('From').fill('2037-01-01T00:00:00Z');
    await page.getByLabel('Not in these hours').fill('Sat,Sun 00:00-24:00');
    await page.locator('[data-firings]').getByText('skipped: the blackout Sat,Sun 00:00-24:00').first().waitFor();
    // 2037-01-01 is a Thursday
    expect((await times()).slice(0, 4)).toEqual([
      'Thu 2037-01-01 09:00 UTC',
      'Fri 2037-01-02 09:00 UTC',
      'Sat 2037-01-03 09:00 UTC',
      'Mon 2037-01-05 09:00 UTC',
    ]);
    expect(await firings().nth(2).textContent()).toContain('skipped: the blackout Sat,Sun 00:00-24:00');
  });

  test('takes an interval in any of the ways in which it may be written, with the zone of its calendar', async () => {
    await open('Interval');
    for (const every of ['1800', '30 m', '30m']) {
      await page.locator('#field-everySeconds').fill('');
      await firings().first().waitFor({ state: 'detached' });
      await page.locator('#field-everySeconds').fill(every);
      await firings().nth(9).waitFor();
    }
    expect(await page.getByLabel('Time zone').isVisible()).toBe(true);
  });

  test('says what is wrong with it, in place of the firings', async () => {
    await open('Scheduled');
    await page.getByLabel('Cron').fill('99 9 * * *');
    await page.locator('[data-firings] .field-problem').waitFor();
    expect(await page.locator('[data-firings]').textContent()).toContain('99');
    expect(await firings().count()).toBe(0);
  });

  test('shows them without script too, by a button', async () => {
    const plain = await page
      .context()
      .browser()
      ?.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
    if (plain === undefined) throw new Error('There is no browser.');
    const still = await plain.newPage();
    await still.goto(`${server.url}/tasks/new?plugin=noop&owner=Anyone`);
    await still.locator('label[for="type-Scheduled"]').click();
    await still.getByLabel('Cron').fill('0 9 * * *');
    await still.getByRole('button', { name: 'Show' }).click();
    await still.locator('[data-firings] li').nth(9).waitFor();
    expect(await still.locator('[data-firings] li').count()).toBe(10);
    await plain.close();
  });

  test('has nothing that the browser complains about', () => {
    expect(browser.complaints).toEqual([]);
  });
});
