import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { browserFlags, browserPath } from './support/browser.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

/** Settings and audit in a browser that runs no scripts: who may what, what cannot be taken back, and who did it. */

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the pages under Settings are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('settings and audit', () => {
  let server: ServerInProcess;
  let browser: Browser;
  let page: Page;
  const open = (path: string) => page.goto(server.url + path);
  const at = (): string => new URL(page.url()).pathname + new URL(page.url()).search;
  const press = (name: string, inside = 'main') => page.locator(inside).getByRole('button', { name, exact: true }).click();
  const row = (name: string) => page.locator('main tbody tr', { hasText: name });

  async function signIn(as: Page, name: string, password: string): Promise<void> {
    await as.goto(`${server.url}/sign-in`);
    await as.getByLabel('Name', { exact: true }).fill(name);
    await as.getByLabel('Password').fill(password);
    await as.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  beforeAll(async () => {
    server = await startServerInProcess();
    await server.api.post('/api/v1/users', { name: 'mira', role: 'admin', password: 'a long password' });
    browser = await chromium.launch({ executablePath: browserPath as string, args: browserFlags });
    page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    page.setDefaultTimeout(10_000);
    await signIn(page, 'mira', 'a long password');
  }, 30_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('shows what each role may', async () => {
    await open('/settings/roles');
    const held = async (sentence: string) => (await row(sentence).locator('td').allInnerTexts()).map((text) => text.trim());
    expect(await held('Read the audit log')).toEqual([
      expect.stringContaining('no'),
      expect.stringContaining('no'),
      expect.stringContaining('no'),
      'yes',
    ]);
    expect(await held('Cancel runs and executions')).toEqual([expect.stringContaining('no'), 'yes', 'yes', 'yes']);
  });

  it('makes a user, gives another role and another password, and shuts them out', async () => {
    await open('/settings/users');
    await page.getByLabel('Name', { exact: true }).fill('jonas');
    await page.getByLabel(/^operator/).check();
    await page.getByLabel('Password').fill('too short');
    await press('Create the user');
    expect(await page.locator('.field-problem').textContent()).toContain('at least 12');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('jonas');
    await page.getByLabel('Password').fill('jonas his password');
    await press('Create the user');
    await page.getByText('jonas was created.').waitFor();

    const other = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
    await signIn(other, 'jonas', 'jonas his password');
    expect((await other.goto(`${server.url}/audit`))?.status()).toBe(403);
    expect((await other.goto(`${server.url}/api/v1/audit/export`))?.status()).toBe(403);
    expect((await other.goto(`${server.url}/settings/roles`))?.status()).toBe(200);

    await page.getByLabel(/^author/).check();
    await press('Give this role');
    await page.getByText('jonas has the new role, at once.').waitFor();
    await page.getByLabel('New password').fill('another long password');
    await press('Set the password');
    await other.goto(`${server.url}/settings`);
    expect(new URL(other.url()).pathname).toBe('/sign-in');
    await signIn(other, 'jonas', 'another long password');
    await press('Disable');
    await row('jonas').getByText('Disabled').waitFor();
    await other.goto(`${server.url}/settings`);
    expect(new URL(other.url()).pathname).toBe('/sign-in');
    await press('Enable');
    await page.getByText('jonas may sign in again.').waitFor();
    await other.context().close();
  });

  it('says in place that the last admin stays', async () => {
    const { items } = await server.api.get<{ items: { id: string; name: string }[] }>('/api/v1/users');
    const idOf = (name: string): string => items.find((user) => user.name === name)?.id ?? '';
    await open(`/settings/users?user=${idOf('admin')}`);
    await press('Disable');
    await open(`/settings/users?user=${idOf('mira')}`);
    await page.getByText('mira is the last enabled admin, and stays one').waitFor();
    expect(await page.getByRole('button', { name: 'Disable' }).count()).toBe(0);
    // a page from before the other was disabled
    await open(`/settings/users?user=${idOf('admin')}`);
    await press('Enable');
    const stale = await page.context().newPage();
    await stale.goto(`${server.url}/settings/users?user=${idOf('mira')}`);
    await press('Disable');
    await stale.getByLabel(/^viewer/).check();
    await stale.getByRole('button', { name: 'Give this role' }).click();
    await stale.getByRole('alert').getByText('last enabled admin').waitFor();
    await stale.close();
    await press('Enable');
  });

  it('asks before a token, a join token or a secret goes, and says what that does', async () => {
    await open('/settings/tokens');
    await page.getByLabel('Name', { exact: true }).fill('backup script');
    await press('Create the token');
    expect(await page.locator('.secret .copy-line code').textContent()).toMatch(/^mst_/);
    await page.getByRole('link', { name: 'Revoke backup script' }).click();
    await page.getByRole('heading', { name: 'Revoke the token “backup script”?' }).waitFor();
    await page.getByRole('link', { name: 'Keep it' }).click();
    await row('backup script').getByText('Valid').waitFor();
    await page.getByRole('link', { name: 'Revoke backup script' }).click();
    await press('Revoke it');
    await row('backup script').getByText('Revoked').waitFor();

    await open('/settings/join-tokens');
    await page.getByLabel('How many hosts').fill('3');
    await page.getByLabel('Tags').fill('web env=prod');
    await press('Make a join token');
    expect(await page.locator('.line-facts').textContent()).toMatch(
      /^For 3 hosts, until tomorrow, with the tags\s+web\s*env=prod/,
    );
    await row('3 of 3')
      .getByRole('link', { name: /^Revoke/ })
      .click();
    await page.getByText('3 uses left').waitFor();
    await press('Revoke it');
    await row('3 of 3').getByText('Revoked').waitFor();

    await open('/settings/secrets');
    await page.getByLabel('Name', { exact: true }).fill('db-password');
    await page.getByLabel('Value').fill('correct horse');
    await press('Write the secret');
    await page.getByText('db-password was written.').waitFor();
    await page.getByRole('link', { name: 'Replace db-password' }).click();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('db-password');
    await page.getByRole('link', { name: 'Remove db-password' }).click();
    await press('Remove it');
    await page.getByText('No secrets yet').waitFor();
  });

  it('tells in the audit who did what, filtered by the address, with the filters kept from page to page', async () => {
    for (let index = 0; index < 60; index += 1)
      await server.api.send('PATCH', `/api/v1/users/${await userId('jonas')}`, { role: index % 2 === 0 ? 'viewer' : 'operator' });
    await open('/audit');
    await page.getByLabel('Who', { exact: true }).fill('token:admin');
    await page.getByLabel('What', { exact: true }).selectOption('user.changed');
    await page.getByLabel('Since', { exact: false }).first().fill('1h');
    await press('Filter');
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({
      actor: 'token:admin',
      action: 'user.changed',
      since: '1h',
    });
    expect(await page.locator('main tbody tr').count()).toBe(50);
    await page.locator('main tbody tr').first().getByText('role viewer → operator').waitFor();
    await page.locator('main tbody tr').first().getByRole('link', { name: 'jonas' }).waitFor();
    await page.getByRole('link', { name: 'Older' }).click();
    expect(at()).toContain('actor=token%3Aadmin');
    expect(await page.locator('main tbody tr').count()).toBe(10);
    await open('/audit?since=yesterday');
    await page.getByRole('alert').getByText('Expected a time such as').waitFor();
    expect(await page.getByLabel('Since', { exact: false }).first().inputValue()).toBe('yesterday');
  });

  it('gives the audit away as a file, as far as the filters go, and notes that', async () => {
    await open('/audit?action=user.changed');
    const href = (await page.getByRole('link', { name: 'CSV' }).getAttribute('href')) ?? '';
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const answer = await fetch(server.url + href, { headers: { cookie } });
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="muster-audit.csv"');
    const lines = (await answer.text()).trimEnd().split('\r\n');
    expect(lines.length).toBeGreaterThan(60);
    expect(lines.slice(1).every((line) => line.includes(',user.changed,'))).toBe(true);
    await open('/audit?action=audit.exported');
    await page.locator('main tbody tr', { hasText: 'mira' }).getByText('format csv').waitFor();
  });

  async function userId(name: string): Promise<string> {
    const { items } = await server.api.get<{ items: { id: string; name: string }[] }>('/api/v1/users');
    return items.find((user) => user.name === name)?.id ?? '';
  }
});
