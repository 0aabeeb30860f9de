import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type AgentProcess, startAgentProcess } from './support/agent-process.ts';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { type System, startSystem } from './support/system.ts';

/** The frame around every page, in a real browser: first steps, palette, keys, theme. */

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the dashboard’s frame are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the frame of the dashboard', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;
  let joined: AgentProcess | undefined;
  const at = (): string => new URL(page.url()).pathname + new URL(page.url()).search;

  beforeAll(async () => {
    system = await startSystem();
    browser = await openSignedIn(system.server().signInUrl);
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    await joined?.stop();
    await system?.dispose();
  });

  describe('the welcome of a fresh server', () => {
    it('shows the host of this machine as soon as it joins, without a reload', async () => {
      await page.getByText('Waiting for the agent of this host').waitFor();
      await page.evaluate(() => Object.assign(globalThis, { isFirstLoad: true }));
      await system.startAgent('host-1');
      await page.getByText('host-1 is ready for work').waitFor();
      expect(await page.evaluate(() => 'isFirstLoad' in globalThis)).toBe(true);
    });

    it('says what is wrong with a command, and runs the first one on every host', async () => {
      await page.getByLabel('Command', { exact: true }).fill('echo mustered');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.waitForURL(/\/runs\/run_/);
      await page.goto(`${system.server().url}/`);
      await page.locator('[data-live="welcome-run"]').getByText('echo mustered').waitFor();
    });

    it('gives the line for another host, and shows that host when it has joined by it', async () => {
      await page.goto(`${system.server().url}/`);
      await page.getByRole('button', { name: 'Show the line to run there' }).click();
      const line = (await page.locator('.welcome .copy-line code').textContent()) ?? '';
      const [, serverUrl = '', joinToken = ''] = /^npx muster agent --server (\S+) --join-token (\S+)$/.exec(line) ?? [];
      expect(serverUrl).toBe(system.server().url);
      joined = startAgentProcess({ name: 'host-2', folder: `${system.folder}/agents/host-2`, serverUrl, joinToken });
      await page.locator('[data-live="welcome-further"]').getByRole('link', { name: 'host-2' }).waitFor();
      await expectGone('.copy-line', false);
      await page.goto(`${system.server().url}/`);
      await expectGone('.welcome', true);
    });
  });

  describe('the palette', () => {
    it('opens with Ctrl+K, finds a host by a part of its name, and goes there with Enter', async () => {
      await page.goto(`${system.server().url}/tasks`);
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Search and commands' }).waitFor();
      await page.keyboard.type('ost-2');
      await page.getByRole('option', { name: /host-2/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/agents\/agt_/);
      await page.getByRole('heading', { name: 'host-2' }).waitFor();
    });

    it('offers what one can do, moves with the arrows, and closes with Escape', async () => {
      await page.keyboard.press('Control+k');
      await page.keyboard.type('new');
      await page.getByRole('option', { name: 'New task' }).waitFor();
      await closeDialog();
      await page.keyboard.press('/');
      await page.getByRole('option', { name: /Overview/ }).waitFor();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/tasks$/);
    });

    it('shows text of others as text', async () => {
      await system.api.post('/api/v1/tasks', {
        name: '<img src=x onerror=alert(1)>',
        owner: 'ALL',
        plugin: 'sleep',
        args: { seconds: 0 },
      });
      await page.keyboard.press('Control+k');
      await page.keyboard.type('<img');
      await page.getByRole('option', { name: '<img src=x onerror=alert(1)>' }).first().waitFor();
      expect(await page.locator('dialog img').count()).toBe(0);
      await closeDialog();
    });
  });

  describe('single keys', () => {
    it('go to a section', async () => {
      for (const [key, path] of [['a', '/agents'], ['r', '/runs'], ['e', '/executions'], ['p', '/plugins'], ['l', '/audit'], ['o', '/']] as const) {
        // the script of the page before must be there
        await page.locator('html.js').waitFor();
        await page.keyboard.press('g');
        await page.keyboard.press(key);
        await page.waitForURL((url) => url.pathname === path);
      } // biome-ignore format: a table
    });

    it('move along a list, and Enter opens', async () => {
      await page.goto(`${system.server().url}/runs`);
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.keyboard.press('k');
      const first = await page.locator('main tbody tr').first().locator('.main a').getAttribute('href');
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => url.pathname === first);
    });

    it('do nothing while somebody types', async () => {
      await page.goto(`${system.server().url}/search`);
      await page.getByRole('searchbox', { name: 'Search' }).click();
      await page.keyboard.type('g a/?jk');
      expect(at()).toBe('/search');
      expect(await page.getByRole('searchbox', { name: 'Search' }).inputValue()).toBe('g a/?jk');
      expect(await page.locator('dialog[open]').count()).toBe(0);
    });

    it('are listed by ?, and can be turned off for good; Ctrl+K stays', async () => {
      await page.goto(`${system.server().url}/runs`);
      await page.keyboard.press('?');
      const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
      await sheet.getByText('Go to').waitFor();
      await sheet.getByLabel('Single-key shortcuts').uncheck();
      await closeDialog();
      await page.reload();
      await page.keyboard.press('g');
      await page.keyboard.press('a');
      await page.keyboard.press('/');
      expect([at(), await page.locator('dialog[open]').count()]).toEqual(['/runs', 0]);
      await page.keyboard.press('Control+k');
      await page.locator('dialog.palette[open]').waitFor();
      await closeDialog();
      await page.getByRole('button', { name: 'Keyboard shortcuts' }).first().click();
      await sheet.getByLabel('Single-key shortcuts').check();
      await closeDialog();
    });
  });

  describe('the theme', () => {
    const theme = () => page.evaluate("document.documentElement.dataset.bsTheme ?? 'system'");

    it('changes at once, stays, and goes back to that of the system', async () => {
      await page.getByRole('button', { name: 'Dark', exact: true }).first().click();
      expect(await theme()).toBe('dark');
      await page.reload();
      expect(await theme()).toBe('dark');
      expect(await page.getByRole('button', { name: 'Dark', exact: true }).first().getAttribute('aria-pressed')).toBe('true');
      await page.getByRole('button', { name: 'As the system has it' }).first().click();
      expect(await theme()).toBe('system');
      await page.reload();
      expect(await theme()).toBe('system');
    });
  });

  it('works without script: search and theme are forms', async () => {
    const context = await page
      .context()
      .browser()
      ?.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() });
    const plain = await context?.newPage();
    if (plain === undefined) throw new Error('no second window');
    await plain.goto(`${system.server().url}/`);
    await plain.getByRole('link', { name: 'Search' }).first().click();
    await plain.getByRole('searchbox', { name: 'Search' }).fill('host');
    await plain.getByRole('button', { name: 'Search' }).click();
    expect(await plain.getByRole('link', { name: 'host-1' }).count()).toBe(1);
    await plain.getByRole('button', { name: 'Light', exact: true }).first().click();
    expect(new URL(plain.url()).pathname + new URL(plain.url()).search).toBe('/search?q=host');
    expect(await plain.locator('html').getAttribute('data-bs-theme')).toBe('light');
    await context?.close();
  });

  it('left the browser nothing to complain about', () => {
    expect(browser.complaints).toEqual([]);
  });

  /** A dialog is gone a moment after the key. */
  async function closeDialog(): Promise<void> {
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
  }

  async function expectGone(selector: string, gone: boolean): Promise<void> {
    expect(await page.locator(selector).count()).toBe(gone ? 0 : 1);
  }
});
