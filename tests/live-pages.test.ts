import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import type { Page } from 'playwright-core';
import type { User } from '../shared/api/access.ts';
import { browserPath, openBrowser, type TestBrowser } from './support/browser.ts';
import { type System, startSystem } from './support/system.ts';

/** The world changes under pages that are open: each says so in place, and goes on. */

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of pages that are left open are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

const password = 'correct horse battery';
/** a stream looks every fifteen seconds whether its reader is still known, and comes back three seconds after it ended */
const noticedWithinMs = 30_000;

describeWithBrowser('a page that is left open', () => {
  let system: System;
  let browser: TestBrowser;
  let reader: User;
  let taskId: string;
  let runId: string;
  let paths: Readonly<Record<string, string>>;
  /** each in a context of its own: a browser has six connections to a server, and every stream holds one */
  const open = new Map<string, Page>();
  const url = (path: string): string => system.server().url + path;
  const each = (work: (page: Page, name: string) => Promise<unknown>): Promise<unknown> =>
    Promise.all([...open].map(([name, page]) => work(page, name)));
  const notice = (page: Page, text: string | RegExp) =>
    page.locator('#notice', { hasText: text }).waitFor({ timeout: noticedWithinMs });
  const noNotice = (page: Page) => page.locator('#notice').waitFor({ state: 'hidden', timeout: noticedWithinMs });
  const patch = (change: Partial<User>) => system.api.send('PATCH', `/api/v1/users/${reader.id}`, change);

  async function signIn(page: Page): Promise<void> {
    await page.getByLabel('Name', { exact: true }).fill(reader.name);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  /** A page that was loaded anew has forgotten it. */
  const mark = (page: Page) => page.evaluate(() => Object.assign(globalThis, { isFirstLoad: true }));
  const isMarked = (page: Page) => page.evaluate(() => 'isFirstLoad' in globalThis);

  async function openAll(): Promise<void> {
    const context = browser.page.context();
    for (const [name, path] of Object.entries(paths)) {
      const own = await context.browser()?.newContext({ storageState: await context.storageState() });
      const page = await own?.newPage();
      if (page === undefined) throw new Error('There is no browser.');
      page.setDefaultTimeout(15_000);
      await page.goto(url(path));
      open.set(name, page);
    }
    await each(mark);
  }

  beforeAll(async () => {
    system = await startSystem();
    await system.startAgent('host-1');
    reader = await system.api.post<User>('/api/v1/users', { name: 'olga', role: 'admin', password });
    const { task, run } = await system.api.createTask(
      { owner: 'ALL', plugin: 'shell', args: { command: 'echo one' }, type: 'Adhoc', name: 'Greeting' },
      { wait: 20 },
    );
    taskId = task.id;
    runId = run?.id ?? '';
    const [execution] = await system.api.executionsOf(runId);
    const [agent] = await system.api.agents();
    paths = {
      overview: '/',
      agents: '/agents',
      agent: `/agents/${agent?.id}`,
      task: `/tasks/${taskId}`,
      run: `/runs/${runId}`,
      execution: `/executions/${execution?.id}`,
      executions: '/executions?state=succeeded&since=24h',
    };
    browser = await openBrowser();
    await browser.page.goto(url('/sign-in'));
    await signIn(browser.page);
    await browser.page.waitForURL(url('/'));
    await openAll();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await system?.dispose();
  });

  it('says from when it is while the server is away, and catches up without being loaded anew', async () => {
    await system.server().stop();
    await each((page) => notice(page, /Connection lost: this is how it was at .*Reconnecting/));
    await system.startServer();
    await system.connected('host-1');
    await each(noNotice);
    await system.api.post(`/api/v1/tasks/${taskId}/run`);
    await open
      .get('task')
      ?.locator('main time', { hasText: /^now$|sec\. ago/ })
      .first()
      .waitFor();
    expect(await Promise.all([...open.values()].map(isMarked))).toEqual([...open].map(() => true));
  }, 120_000);

  it('says that what it shows was removed, with a way to its list', async () => {
    const { task, run } = await system.api.createTask(
      { owner: 'ALL', plugin: 'shell', args: { command: 'echo gone' }, type: 'Adhoc', name: 'Fleeting' },
      { wait: 20 },
    );
    const [execution] = await system.api.executionsOf(run?.id ?? '');
    const shown = [
      { page: open.get('task') as Page, path: `/tasks/${task.id}`, list: 'Tasks' },
      { page: open.get('run') as Page, path: `/runs/${run?.id}`, list: 'Runs' },
      { page: open.get('execution') as Page, path: `/executions/${execution?.id}`, list: /./ },
    ];
    for (const { page, path } of shown) await page.goto(url(path));
    await system.api.send('DELETE', `/api/v1/tasks/${task.id}`);
    await system.server().stop();
    removeRun(join(system.dataDir, 'muster.db'), run?.id ?? '');
    await system.startServer();
    for (const { page, list } of shown) {
      await notice(page, 'What this page shows was removed.');
      await page.locator('#notice').getByRole('link', { name: list }).waitFor();
    }
    for (const { page, path } of shown) expect([path, (await page.goto(url(path)))?.status()]).toEqual([path, 404]);
    for (const name of ['task', 'run', 'execution']) await open.get(name)?.goto(url(paths[name] ?? ''));
    await system.connected('host-1');
  }, 120_000);

  it('tells its reader of another role, or that it may no longer be seen, and takes it back when the role is given back', async () => {
    const own = open.get('overview') as Page;
    await own.goto(url('/settings/join-tokens'));
    await patch({ role: 'viewer' });
    await each((page) => notice(page, page === own ? 'You may no longer see this page' : 'You are now olga (viewer)'));
    await patch({ role: 'admin' });
    await each(noNotice);
    await own.goto(url('/'));
  }, 120_000);

  it('says that the session ended, leads to signing in, and from there back to itself', async () => {
    await patch({ disabled: true });
    await each((page) => notice(page, 'Your session ended.'));
    const first = open.get('run') as Page;
    await first.getByRole('link', { name: 'Sign in again' }).click();
    await signIn(first);
    await first.getByRole('alert').waitFor();
    await patch({ disabled: false });
    await signIn(first);
    await first.waitForURL(url(paths.run ?? ''));
    await noNotice(first);
    for (const [name, page] of open) {
      if (page === first) continue;
      await page.getByRole('link', { name: 'Sign in again' }).click();
      await signIn(page);
      await page.waitForURL(url(paths[name] ?? ''));
    }
  }, 120_000);

  it('goes on where somebody signed in from another tab, and its forms are taken', async () => {
    const page = open.get('task') as Page;
    await patch({ disabled: true });
    await notice(page, 'Your session ended.');
    await patch({ disabled: false });
    const other = await page.context().newPage();
    await other.goto(url('/sign-in'));
    await signIn(other);
    await other.waitForURL(url('/'));
    await other.close();
    await page.evaluate(`document.dispatchEvent(new Event('visibilitychange'))`);
    await noNotice(page);
    await page.getByRole('button', { name: /^Run/ }).first().click();
    await page.waitForURL(/\/runs\/run_/);
    await page.goto(url(paths.task ?? ''));
  }, 120_000);
});

/** As the removal of old history does it. */
function removeRun(file: string, runId: string): void {
  const database = new SqliteDatabase(file);
  try {
    database.pragma('foreign_keys = OFF');
    database.prepare('DELETE FROM executions WHERE run_id = ?').run(runId);
    database.prepare('DELETE FROM runs WHERE id = ?').run(runId);
  } finally {
    database.close();
  }
}
