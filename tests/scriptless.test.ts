import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { browserFlags, browserPath } from './support/browser.ts';
import { declaredPages } from './support/showcase/declared-pages.ts';
import { operator } from './support/showcase/people.ts';
import { openShowcase, type Showcase } from './support/showcase/showcase.ts';
import { type Subject, subjectsOf } from './support/showcase/subjects.ts';

/** The dashboard in a browser that runs no scripts: every page can be read, and every kind of form can be posted. */

if (browserPath === undefined)
  console.warn('No Chromium on this machine: the tests of the dashboard without scripts are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

/** Swagger UI draws the API's description by script; the description itself is `/api/v1/openapi.json`. */
const needsScript: ReadonlySet<string | null> = new Set(['/api/docs']);

describeWithBrowser('the dashboard without scripts', () => {
  let showcase: Showcase;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let subjects: Subject[];
  const open = (path: string) => page.goto(showcase.url + path, { waitUntil: 'domcontentloaded' });
  const at = (): string => new URL(page.url()).pathname;

  beforeAll(async () => {
    const declared = await declaredPages();
    showcase = await openShowcase(40);
    subjects = subjectsOf(showcase, declared).filter((subject) => !needsScript.has(subject.page));
    browser = await chromium.launch({ executablePath: browserPath as string, args: browserFlags });
    context = await browser.newContext({ javaScriptEnabled: false });
    page = await context.newPage();
    page.setDefaultTimeout(10_000);
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await showcase?.dispose();
  });

  it('shows what every page is about, and no empty place where a script would have drawn', async () => {
    const found: string[] = [];
    for (const { name, url, cookie, status = 200 } of subjects) {
      await context.clearCookies();
      if (cookie !== null) {
        const [key = '', value = ''] = cookie.split('=', 2);
        await context.addCookies([{ name: key, value, url: new URL(url).origin }]);
      }
      const response = await page.goto(url, { waitUntil: 'load' });
      if (response?.status() !== status) found.push(`${name}: answered ${response?.status()}`);
      for (const fault of (await page.evaluate(lookForGaps)) as string[]) found.push(`${name}: ${fault}`);
    }
    expect(found).toEqual([]);
  }, 120_000);

  describe('posts', () => {
    it('a sign-in, which comes back to the page that was asked for', async () => {
      await context.clearCookies();
      await open('/audit');
      await page.getByLabel('Name').fill(operator.name);
      await page.getByLabel('Password').fill(operator.password);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      expect(at()).toBe('/audit');
    });

    it('a task by its form, which runs, and can be run again', async () => {
      await open('/tasks/new?plugin=sleep&action=main');
      await page.getByLabel(/^Seconds/).fill('0');
      await page.getByLabel(/^Owner/).fill('build-01');
      await page.getByRole('button', { name: 'Create the task' }).click();
      expect(at()).toMatch(/^\/runs\/run_/);
      const first = at();
      await showcase.system.api.finalRun(first.split('/').at(-1) ?? '');
      await page.reload();
      await page.getByRole('button', { name: 'Run again' }).click();
      expect(at()).toMatch(/^\/runs\/run_/);
      expect(at()).not.toBe(first);
    });

    it('what is wrong with a task, beside the field, with all that was typed', async () => {
      await open('/tasks/new?plugin=sleep&action=main');
      await page.getByLabel(/^Seconds/).fill('3');
      await page.getByLabel(/^Owner/).fill('tag:(');
      await page.getByRole('button', { name: 'Create the task' }).click();
      expect(await page.getByLabel(/^Seconds/).inputValue()).toBe('3');
      expect(await page.getByLabel(/^Owner/).inputValue()).toBe('tag:(');
      expect(await page.locator('.field-problem, .is-invalid').count()).toBeGreaterThan(0);
    });

    it('a cancel', async () => {
      const { run } = await showcase.system.api.createTask({ owner: 'build-02', plugin: 'sleep', args: { seconds: 600 } });
      await open(`/runs/${run?.id}`);
      await page.getByRole('button', { name: 'Cancel', exact: true }).click();
      expect((await showcase.system.api.finalRun(run?.id ?? '')).state).toBe('cancelled');
    });

    it('a filter, which is then in the address', async () => {
      await open('/agents');
      await page.locator('input[name=target]').fill('tag:db');
      await page.getByRole('button', { name: 'Filter' }).click();
      expect(new URL(page.url()).searchParams.get('target')).toBe('tag:db');
      const names = await page.locator('main tbody tr .main a').allInnerTexts();
      expect(names.length).toBeGreaterThan(1);
      expect(names.filter((name) => !name.startsWith('db-'))).toEqual([]);
    });

    it('a user, a secret and a join token, whose line is then there to be copied', async () => {
      await open('/settings/users');
      await page.getByLabel('Name').fill('leila');
      await page.getByLabel('Password').fill('quite a long password');
      await page.getByRole('button', { name: 'Create the user' }).click();
      await page.getByRole('cell', { name: 'leila' }).first().waitFor();

      await open('/settings/secrets');
      await page.getByLabel('Name').fill('mail_key');
      await page.getByLabel('Value').fill('kept to itself');
      await page.getByRole('button', { name: 'Write the secret' }).click();
      await page.getByRole('cell', { name: 'mail_key' }).first().waitFor();
      expect(await page.content()).not.toContain('kept to itself');

      await open('/settings/join-tokens');
      await page.locator('main form[action="/settings/join-tokens"] button').last().click();
      await page
        .getByText(/curl -fsSL http.*install\.sh/)
        .first()
        .waitFor();
    });

    it('an update of the agents, after a look at its waves; it is paused, goes on and is ended', async () => {
      await open('/agents/updates');
      await page.getByLabel('Hosts', { exact: true }).fill('tag:db');
      await page.getByRole('button', { name: 'Show the waves' }).click();
      await page.getByRole('heading', { name: /^4 hosts in \d waves$/ }).waitFor();
      await page.getByRole('button', { name: 'Begin the update' }).click();
      expect(at()).toMatch(/^\/agents\/updates\/upd_/);
      for (const [button, state] of [
        ['Pause', 'Paused'],
        ['Resume', /Running|Done/],
      ] as const) {
        await page.getByRole('button', { name: button }).click();
        await page.locator('h1').getByText(state).waitFor();
      }
      await page.getByRole('link', { name: 'End…' }).click();
      await page.getByRole('button', { name: 'End it' }).click();
      await page.locator('h1').getByText('Ended').waitFor();
    });

    it('a sign-out, after which nothing is shown', async () => {
      await open('/');
      await page.getByRole('button', { name: 'Sign out' }).first().click();
      expect(at()).toBe('/sign-in');
      await open('/runs');
      expect(at()).toBe('/sign-in');
    });
  });
});

/**
 * Runs in the page: it must have a heading and words, and no card, canvas or list that takes up room and holds nothing. (Only reading: no
 * timer runs in a page without scripts.)
 */
const lookForGaps = `(() => {
  const main = document.querySelector('main');
  const faults = [];
  if (!main.querySelector('h1')?.innerText.trim()) faults.push('no heading');
  if (main.innerText.trim().length < 60) faults.push('hardly a word: ' + main.innerText.trim());
  for (const element of main.querySelectorAll('section, .card, .card-body, canvas, [data-chart], [role=status], ul, tbody')) {
    const { width, height } = element.getBoundingClientRect();
    if (width * height < 6000 || !element.checkVisibility()) continue;
    const isFilled = element.innerText.trim() !== '' || element.querySelector('svg, img, input, select, textarea') !== null;
    if (!isFilled) faults.push('empty: ' + element.tagName.toLowerCase() + '.' + [...element.classList].join('.') + ' ' + Math.round(width) + 'x' + Math.round(height));
  }
  for (const element of main.querySelectorAll('[aria-busy=true]')) if (element.checkVisibility()) faults.push('waits for ever: ' + element.className);
  return faults;
})()`;
