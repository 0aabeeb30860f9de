import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

const manifestOf = (version: string, change: object = {}) => ({
  name: 'greet',
  version,
  description: 'Says a word.',
  runtime: 'node',
  entry: 'index.mjs',
  actions: {
    main: {
      title: 'Greet',
      description: 'Says it once.',
      args: {
        type: 'object',
        properties: {
          name: { type: 'string', title: 'Whom', description: 'Anybody.', minLength: 1 },
          times: { type: 'integer', minimum: 1, maximum: 9, default: 1 },
        },
        required: ['name'],
        additionalProperties: false,
      },
      examples: [{ name: 'Ada', times: 2 }],
    },
  },
  ...change,
});
const sourceOf = (word: string): string => `export async function main({ name, times = 1 }) {
  for (let time = 0; time < times; time += 1) console.log('\\x1b[32m${word}\\x1b[0m, ' + name + ' <b>');
  return { status: 'success', message: 'said ' + times, data: '${word}, ' + name };
}
`;

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the pages of plugins are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the pages of plugins', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;
  const open = (path: string) => page.goto(system.server().url + path);
  const dataOf = async (): Promise<unknown> => {
    const run = await system.api.runTask({ owner: 'host-1', plugin: 'greet', args: { name: 'Ada' } });
    return (await system.api.executionsOf(run.id)).map(({ data }) => data);
  };
  const result = () => page.getByRole('region', { name: 'What came of it' });

  beforeAll(async () => {
    system = await startSystem({
      plugins: {
        'greet/index.mjs': sourceOf('Hello'),
        'greet/plugin.json': JSON.stringify(manifestOf('1.0.0')),
        'plain.sh': 'echo "plain $1"\n',
      },
    });
    await Promise.all([system.startAgent('host-1'), system.startAgent('host-2')]);
    await push(system, '2.0.0', 'Moin');
    browser = await openSignedIn(system.server().signInUrl);
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    await system?.dispose();
  });

  it('list the plugins with what agents lack, and are filtered in the URL', async () => {
    await eventually('both agents have the new version', async () => {
      await open('/plugins?agents=behind');
      return (await page.getByText('No plugin fits').count()) === 1;
    });
    await open('/plugins');
    await page.getByLabel('Name, description or action').fill('word');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/q=word/);
    expect(await page.locator('.plugins-table tbody tr').count()).toBe(1);
    const row = page.locator('.plugins-table tbody tr');
    expect(await row.textContent()).toMatch(/greet[\s\S]*Current[\s\S]*2\.0\.0[\s\S]*Pushed[\s\S]*2/);
    await page.getByRole('link', { name: 'Clear' }).click();
    await page.getByRole('link', { name: 'plain', exact: true }).waitFor();
  });

  it('tell what an action takes as a table, and which agent has which version', async () => {
    await open('/plugins/greet');
    const table = page.getByRole('region', { name: 'Arguments of main' });
    expect((await table.locator('tbody tr').allInnerTexts()).map((text) => text.trim().replace(/\s+/g, ' '))).toEqual([
      'name required text at least 1 character – Anybody.',
      'times whole number 1 to 9 1',
    ]);
    await page.getByRole('link', { name: /Current\s*2/ }).click();
    await page.getByRole('heading', { name: 'Agents with greet' }).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(2);
    await page.getByRole('link', { name: /Outdated/ }).click();
    await page.getByText('No agent has an earlier version only').waitFor();
  });

  it('try an action on one host, with the result in place and the form as it was', async () => {
    await open('/plugins/greet');
    await page.getByRole('link', { name: 'Try it example 1 of main' }).click();
    expect(await page.getByLabel('Whom').inputValue()).toBe('Ada');
    await page.getByRole('combobox', { name: /^Host/ }).fill('host-2');
    await page.getByRole('button', { name: 'Run it there' }).click();
    await result().getByText('Succeeded').waitFor();
    await result().getByText('said 2').waitFor();
    await result().getByText('Moin, Ada <b>\nMoin, Ada <b>').waitFor();
    expect(await page.getByLabel('Whom').inputValue()).toBe('Ada');
    expect(await page.getByRole('combobox', { name: /^Host/ }).inputValue()).toBe('host-2');
    await result().getByRole('link', { name: 'The execution' }).click();
    await page.getByRole('heading', { name: 'Try greet.main on host-2' }).waitFor();
  });

  it('try an earlier version, which stays an earlier one', async () => {
    await open('/plugins/greet');
    await page.getByRole('link', { name: /^Try 1\.0\.0/ }).click();
    await page.getByText('Not the current version').waitFor();
    await page.getByLabel('Whom').fill('Bo');
    await page.getByRole('combobox', { name: /^Host/ }).fill('host-1');
    await page.getByRole('button', { name: 'Run it there' }).click();
    await result().getByText('"Hello, Bo"').waitFor();
    await page.getByText('Not the current version').waitFor();
    expect(await dataOf()).toEqual(['Moin, Ada']);
  });

  it('say what is wrong with a trial before anything runs', async () => {
    await open('/plugins/greet/try');
    await page.getByRole('button', { name: 'Run it there' }).click();
    await page.locator('#owner-problem', { hasText: 'Choose a host.' }).waitFor();
    await page.getByRole('combobox', { name: /^Host/ }).fill('host-9');
    await page.getByRole('button', { name: 'Run it there' }).click();
    await page.getByRole('link', { name: 'Whom' }).waitFor();
    await page.getByLabel('Whom').fill('Cy');
    await page.getByRole('button', { name: 'Run it there' }).click();
    await page.locator('#owner-problem', { hasText: 'There is no host "host-9"' }).waitFor();
    expect(await page.getByLabel('Whom').inputValue()).toBe('Cy');
  });

  it('go back to an earlier version, and forward again', async () => {
    await open('/plugins/greet');
    await page.getByRole('link', { name: /^Against current 1\.0\.0/ }).click();
    await page.locator('ins', { hasText: 'Moin' }).first().waitFor();
    await open('/plugins/greet');
    await page.getByRole('link', { name: /^Make current… 1\.0\.0/ }).click();
    await page.getByRole('button', { name: 'Make it current' }).click();
    await page.waitForURL(/\/plugins\/greet$/);
    expect(await dataOf()).toEqual(['Hello, Ada']);
    await page.getByRole('link', { name: /^Make current… 2\.0\.0/ }).click();
    await page.getByRole('button', { name: 'Make it current' }).click();
    await page.waitForURL(/\/plugins\/greet$/);
    expect(await dataOf()).toEqual(['Moin, Ada']);
  });

  it('are quiet: no script failed, and nothing was stopped by the content security policy', () => {
    expect(browser.complaints.filter((one) => !/422|Unprocessable/.test(one))).toEqual([]);
  });

  it('try and edit without script', async () => {
    const context = await page.context().browser()?.newContext({ javaScriptEnabled: false });
    if (context === undefined) throw new Error('no browser');
    await context.addCookies(await page.context().cookies());
    const plain = await context.newPage();
    plain.setDefaultTimeout(10_000);
    await plain.goto(`${system.server().url}/plugins/greet/try`);
    await plain.getByLabel('Whom').fill('Di');
    await plain.getByRole('combobox', { name: /^Host/ }).fill('host-1');
    await plain.getByRole('button', { name: 'Run it there' }).click();
    await plain.waitForURL(/execution=/);
    await eventually('the result stands on the page', async () => {
      await plain.reload();
      return (await plain.getByText('"Moin, Di"').count()) === 1;
    });
    await plain.getByRole('link', { name: 'The execution' }).waitFor();
    await plain.goto(`${system.server().url}/plugins/greet/edit`);
    await plain.getByText('not checked yet').waitFor();
    await plain.getByLabel('Text of index.mjs').fill('export async function main( {\n');
    await plain.getByRole('button', { name: 'Check', exact: true }).click();
    await plain.getByText('1 error', { exact: true }).waitFor();
    await plain.getByText(/^index\.mjs:\d+/).waitFor();
    await plain.getByLabel('Text of index.mjs').fill(sourceOf('Servus'));
    await plain.getByRole('button', { name: 'Review changes' }).click();
    await plain.getByRole('button', { name: 'Save as a new version' }).click();
    await plain.waitForURL(/\/plugins\/greet$/);
    expect(await dataOf()).toEqual(['Servus, Ada']);
    await context.close();
  });
});

async function push(system: System, version: string, word: string): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const { status, text } = await system.api.send('PUT', '/api/v1/plugins/greet', {
    files: [
      { path: 'plugin.json', base64: base64(JSON.stringify(manifestOf(version))) },
      { path: 'index.mjs', base64: base64(sourceOf(word)) },
    ],
  });
  if (status >= 300) throw new Error(text);
}
