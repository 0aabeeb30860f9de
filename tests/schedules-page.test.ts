import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { type System, startSystem } from './support/system.ts';

/** Tasks and what will become of them, in a real browser: strips, filters, the calendar of firings, versions. */

if (browserPath === undefined)
  console.warn('No Chromium on this machine: the tests of the pages of tasks and schedules are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the pages of tasks and schedules', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;
  const open = (path: string) => page.goto(`${system.server().url}${path}`);

  beforeAll(async () => {
    system = await startSystem({
      plugins: {
        'noop.js': 'export const main = () => null;\n',
        'bad.js': "export const main = () => { throw new Error('no'); };\n",
      },
    });
    await system.startAgent('one');
    browser = await openSignedIn(system.server().signInUrl);
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    await system?.dispose();
  });

  /** A page of somebody whose browser runs no scripts. */
  async function withoutScript(use: (still: Page) => Promise<void>): Promise<void> {
    const storageState = await page.context().storageState();
    const plain = await page.context().browser()?.newContext({ javaScriptEnabled: false, storageState });
    if (plain === undefined) throw new Error('There is no browser.');
    await use(await plain.newPage());
    await plain.close();
  }

  describe('a task that is scheduled through the form', () => {
    test('shows its firings in the calendar, each hour of which leads to the tasks that fire in it', async () => {
      await open('/schedules');
      await page.getByText('Nothing fires in this time').waitFor();
      await page.getByRole('link', { name: 'Schedule a task' }).click();
      await open('/tasks/new?plugin=noop&owner=one');
      await page.locator('label[for="type-Scheduled"]').click();
      await page.getByLabel(/^Name/).fill('nightly tidy');
      await page.getByLabel('Cron').fill('15,45 3 * * *');
      await page.getByRole('button', { name: 'Create the task' }).click();
      await page.waitForURL(/\/tasks\/tsk_/);
      expect(await page.locator('.firings li').count()).toBe(10);
      await page.keyboard.press('g');
      await page.keyboard.press('s');
      await page.waitForURL(/\/schedules$/);
      const cells = page.locator('.firing-calendar .cell a');
      await cells.first().waitFor();
      expect(await cells.allTextContents()).toEqual(Array.from({ length: await cells.count() }, () => '2'));
      expect([6, 7]).toContain(await cells.count());
      expect(await cells.first().getAttribute('aria-label')).toMatch(/03:00: 2 firings of 1 task \(nightly tidy ×2\)$/);
      await cells.first().click();
      await page.waitForURL(/hour=/);
      await page.getByRole('heading', { name: /^From .*03:00 to 04:00$/ }).waitFor();
      expect(await page.locator('[data-live="fires"] tbody tr').count()).toBe(1);
      expect(await page.locator('[data-live="fires"] .firing-at').textContent()).toContain('03:15');
    });

    test('stands there by the clock of another place, without script too', async () => {
      await withoutScript(async (still) => {
        await still.goto(`${system.server().url}/schedules?span=day`);
        await still.getByLabel('Times in').fill('Asia/Tokyo');
        await still.getByRole('button', { name: 'Show' }).click();
        expect(await still.locator('.firing-calendar .cell a').first().getAttribute('aria-label')).toContain('12:00: 2 firings');
        await still.getByLabel('Times in').fill('Mars/Olympus');
        await still.getByRole('button', { name: 'Show' }).click();
        await still.getByText('There is no time zone "Mars/Olympus"').waitFor();
      });
    });

    test('comes into a page that is open, and leaves it when it is paused', async () => {
      await open('/schedules');
      const { task } = await system.api.createTask({
        name: 'another',
        owner: 'one',
        plugin: 'noop',
        type: 'Scheduled',
        cron: '0 5 * * *',
      });
      await page.locator('[data-live="fires"]').getByRole('link', { name: 'another' }).waitFor();
      await system.api.post(`/api/v1/tasks/${task.id}/pause`);
      await page.locator('[data-live="paused"]').getByRole('link', { name: 'another' }).waitFor();
      await page.locator('[data-live="fires"]').getByRole('link', { name: 'another' }).waitFor({ state: 'detached' });
    });
  });

  describe('the list of tasks', () => {
    test('has the last runs of each as marks with a state, a word and a link', async () => {
      const { task } = await system.api.createTask({ name: 'fails', owner: 'one', plugin: 'bad' });
      await system.api.post(`/api/v1/tasks/${task.id}/run?wait=10`);
      await open('/tasks?name=FAI');
      const marks = page.locator('.run-mark');
      await page.locator('.run-mark[aria-label^="Failed, "]').nth(1).waitFor();
      expect(await marks.count()).toBe(2);
      await marks.last().focus();
      const tip = await marks
        .last()
        .evaluate((mark) => mark.ownerDocument.defaultView?.getComputedStyle(mark, '::after').content);
      expect(tip).toMatch(/^"Failed, .*, by hand"$/);
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/runs\/run_/);
    });

    test('is filtered by the URL, and goes back', async () => {
      await open('/tasks');
      await page.getByLabel('Name begins with').fill('nightly');
      await page.getByLabel('Type').selectOption('Scheduled');
      await page.waitForURL(/name=nightly.*type=Scheduled|type=Scheduled.*name=nightly/);
      expect(await page.locator('tbody .main a').allTextContents()).toEqual(['nightly tidy']);
      await open('/tasks?status=done&name=zzz');
      await page.getByText('No task fits').waitFor();
      await page.goBack();
      await page.getByRole('link', { name: 'nightly tidy', exact: true }).waitFor();
    });

    test('pauses, resumes and deletes in its rows, and comes back to the same filters, without script too', async () => {
      await withoutScript(async (still) => {
        const list = `${system.server().url}/tasks?name=nightly`;
        await still.goto(list);
        await still.getByRole('button', { name: 'Pause nightly tidy' }).click();
        expect(still.url()).toBe(list);
        await still.getByRole('button', { name: 'Resume nightly tidy' }).click();
        expect(still.url()).toBe(list);
        await still.getByRole('link', { name: 'Delete nightly tidy…' }).click();
        await still.getByRole('heading', { name: 'Delete the task nightly tidy?' }).waitFor();
      });
    });
  });

  test('the page of a task has its runs as a strip, its policy in words and what each version changed', async () => {
    const { task } = await system.api.createTask({
      name: 'changing',
      owner: 'one',
      plugin: 'noop',
      type: 'Interval',
      everySeconds: 86_400,
    });
    for (let nth = 0; nth < 3; nth += 1) await system.api.post(`/api/v1/tasks/${task.id}/run?wait=10`);
    await open(`/tasks/${task.id}`);
    await page.locator('.run-mark[aria-label^="Succeeded"]').nth(2).waitFor();
    await page.getByText('is never started again by itself').waitFor();
    const edited = { name: 'changing', owner: 'one', plugin: 'noop', type: 'Interval', everySeconds: 7200 };
    await system.api.send('PUT', `/api/v1/tasks/${task.id}`, edited, { 'if-match': '"1"' });
    await open(`/tasks/${task.id}`);
    await page.getByText('Version 2', { exact: true }).click();
    await page.locator('.change[open] ins', { hasText: '"everySeconds": 7200' }).waitFor();
    await page.locator('.change[open] del', { hasText: '"everySeconds": 86400' }).waitFor();
  });

  test('has nothing that the browser complains about, but for the zone that there is not', () => {
    expect(browser.complaints).toEqual([]);
  });
});
