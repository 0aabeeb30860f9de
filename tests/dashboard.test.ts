import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { browserPath, openBrowser, type TestBrowser } from './support/browser.ts';
import { type System, startSystem } from './support/system.ts';
import { createVisitor } from './support/visitor.ts';

const gate = `
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main({ open }, context) {
  console.log('waiting at the gate');
  while (!existsSync(open)) await pause(20, undefined, { signal: context.signal });
  console.log('through the gate');
  return { passed: true };
}
`;
const manifest = JSON.stringify({
  name: 'gate',
  version: '1.0.0',
  description: 'Waits for a file.',
  runtime: 'node',
  entry: 'index.js',
  actions: {
    main: {
      args: {
        type: 'object',
        properties: { open: { type: 'string', title: 'File to wait for' } },
        required: ['open'],
        additionalProperties: false,
      },
    },
  },
});

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the dashboard in a browser are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the dashboard in a browser', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;

  beforeAll(async () => {
    system = await startSystem({ plugins: { 'gate/index.js': gate, 'gate/plugin.json': manifest } });
    await system.startAgent('host-1', { tags: ['web'] });
    browser = await openBrowser();
    page = browser.page;
    page.setDefaultTimeout(10_000);
  });
  afterAll(async () => {
    await browser?.close();
    await system?.dispose();
  });

  it('signs in by the one-time link, once', async () => {
    const link = system.server().signInUrl;
    await page.goto(link);
    await page.getByRole('link', { name: 'Agents' }).first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
    const again = await createVisitor(system.server().url).open(link);
    expect(again).toMatchObject({ status: 401, path: '/sign-in' });
  });

  it('shows the agent', async () => {
    await page.goto(`${system.server().url}/agents`);
    await page.getByRole('link', { name: 'host-1' }).first().click();
    await page.getByRole('heading', { name: 'host-1' }).waitFor();
    await page.getByText('Online').first().waitFor();
  });

  it('posts a task through the form, and shows its execution succeed without a reload', async () => {
    await page.goto(`${system.server().url}/tasks/new?plugin=gate&action=main`);
    await page.getByLabel('File to wait for').fill(`${system.folder}/open`);
    await page.getByLabel(/^Owner/).fill('host-1');
    await page.getByText('1 host').first().waitFor();
    await page.getByRole('button', { name: 'Create the task' }).click();
    await page.waitForURL(/\/runs\/run_/);
    await page.getByRole('link', { name: 'host-1' }).first().click();
    await page.waitForURL(/\/executions\/exe_/);
    await page.getByText('waiting at the gate').waitFor();
    await page.evaluate(() => Object.assign(globalThis, { isFirstLoad: true }));

    await system.writePlugin('../open', '');
    await page.getByText('through the gate').waitFor();
    await page.locator('[data-live="state"]').getByText('succeeded').waitFor();
    await page.locator('[data-live="data"]').getByText('"passed"').waitFor();
    expect(await page.evaluate(() => 'isFirstLoad' in globalThis)).toBe(true);
  });

  it('has no page that a browser complains about', async () => {
    const start = system.server().url;
    const seen = new Set<string>();
    const queue = ['/'];
    for (let path = queue.shift(); path !== undefined && seen.size < 60; path = queue.shift()) {
      const form = path.replace(/[a-z]{3}_[0-9a-z]{26}/g, ':id').replace(/\?.*/, '');
      if (seen.has(form)) continue;
      seen.add(form);
      const response = await page.goto(start + path);
      if (!response?.headers()['content-type']?.includes('text/html')) continue;
      const links = await page.locator('a[href]:not([download])').evaluateAll((anchors) =>
        anchors
          .map((anchor) => anchor as unknown as { pathname: string; search: string; origin: string })
          .map((a) => ({
            origin: a.origin,
            path: a.pathname + a.search,
          })),
      );
      queue.push(...links.filter((link) => link.origin === start).map((link) => link.path));
    }
    console.info(`the browser saw ${seen.size} kinds of pages: ${[...seen].join(' ')}`);
    expect(seen.size).toBeGreaterThan(15);
    expect(browser.complaints).toEqual([]);
  }, 60_000);
});
