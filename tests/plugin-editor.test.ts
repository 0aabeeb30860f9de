import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { type System, startSystem } from './support/system.ts';

const manifest = {
  name: 'greet',
  version: '1.0.0',
  description: 'Says a word.',
  runtime: 'node',
  entry: 'index.mjs',
  actions: {
    main: {
      title: 'Greet',
      args: { type: 'object', properties: { name: { type: 'string', title: 'Name' } }, additionalProperties: false },
      examples: [{ name: 'Ada' }],
    },
  },
};
const sourceOf = (word: string): string => `export async function main({ name = 'world' }) {
  console.log('${word}, ' + name);
  return '${word}, ' + name;
}
`;

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the plugin editor are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the plugin editor', () => {
  let system: System;
  let browser: TestBrowser;
  let page: Page;
  const open = (path: string) => page.goto(system.server().url + path);
  const dataOf = async (): Promise<unknown> => {
    const run = await system.api.runTask({ owner: 'host-1', plugin: 'greet', args: { name: 'Ada' } });
    return (await system.api.executionsOf(run.id)).map(({ data }) => data);
  };
  /** As the script draws it: the plain text that stands there before would be gone in the middle of typing. */
  const textOf = (path: string) => page.locator(`.pce-textarea[aria-label="Text of ${path}"]`);
  const files = () => page.getByRole('navigation', { name: 'Files' });

  beforeAll(async () => {
    system = await startSystem({
      plugins: { 'greet/index.mjs': sourceOf('Hello'), 'greet/plugin.json': JSON.stringify(manifest) },
    });
    await system.startAgent('host-1');
    browser = await openSignedIn(system.server().signInUrl);
    page = browser.page;
  });
  afterAll(async () => {
    await browser?.close();
    await system?.dispose();
  });

  it('comes before its plugin is checked, and has it checked at once', async () => {
    const answer = await open('/plugins/greet/edit');
    expect(await answer?.text()).toContain('not checked yet');
    await page.getByText('none found').waitFor();
  });

  it('tells while one types what is wrong and where, and leads there', async () => {
    await open('/plugins/greet/edit');
    await page.getByText('comes from the plugins folder').waitFor();
    const text = textOf('index.mjs');
    await text.fill('export async function main( {\n  return 1;\n}\n');
    await page.getByRole('button', { name: /^index\.mjs:\d+/ }).waitFor();
    await text.fill('export async function other() {}\n');
    await page.getByText('There is no function for the action main').waitFor();
    await files().getByRole('link', { name: 'plugin.json' }).click();
    await textOf('plugin.json').fill('{\n  "name": "greet",\n  "colour": 1\n}');
    await page.getByRole('button', { name: 'plugin.json:3:3' }).waitFor();
    await page.getByText('colour: There is no such field.').waitFor();
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByText('It cannot be saved like this').waitFor();
    expect(await page.locator('textarea[name="text.0"]').inputValue()).toContain('"colour"');
  });

  it('saves what was looked at as a new version, which the next run uses', async () => {
    expect(await dataOf()).toEqual(['Hello, Ada']);
    await open('/plugins/greet/edit');
    await textOf('index.mjs').fill(sourceOf('Moin'));
    await page.getByLabel('Add a file').fill('lib/words.mjs');
    await page.getByRole('button', { name: 'Add the file' }).click();
    await textOf('lib/words.mjs').fill('export const words = [];\n');
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByRole('heading', { name: 'A save changes 2 files' }).waitFor();
    await page.getByText("+  console.log('Moin, ' + name);").waitFor();
    await page.getByText('The version is 1.0.0 as before').waitFor();
    expect(await dataOf()).toEqual(['Hello, Ada']);
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.waitForURL(/\/plugins\/greet$/);
    await page.getByText('pushed (wins over the plugins folder)').waitFor();
    expect(await dataOf()).toEqual(['Moin, Ada']);
  });

  it('keeps what was typed when somebody else saved meanwhile', async () => {
    await open('/plugins/greet/edit');
    await textOf('index.mjs').fill(sourceOf('Ahoi'));
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByRole('heading', { name: 'A save changes 1 file' }).waitFor();
    await saveMeanwhile(system, 'Salut');
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.getByRole('heading', { name: 'Somebody else saved meanwhile' }).waitFor();
    expect(await page.locator('textarea[name="text.1"]').inputValue()).toBe(sourceOf('Ahoi'));
    await page.getByText(/^What they changed: \d file/).click();
    await page.locator('.meanwhile ins', { hasText: "console.log('Salut, ' + name);" }).waitFor();
    await page.locator('.review del', { hasText: "console.log('Salut, ' + name);" }).waitFor();
    expect(await dataOf()).toEqual(['Salut, Ada']);
    await page.getByRole('button', { name: 'Save over theirs' }).click();
    await page.waitForURL(/\/plugins\/greet$/);
    expect(await dataOf()).toEqual(['Ahoi, Ada']);
  });

  it('tells while one types that somebody else saved', async () => {
    await open('/plugins/greet/edit');
    const text = textOf('index.mjs');
    await text.waitFor();
    await saveMeanwhile(system, 'Servus');
    await text.press('End');
    await text.pressSequentially(' ');
    await page.getByText('Somebody else saved this plugin since you opened it').waitFor();
    page.once('dialog', (dialog) => void dialog.accept());
    await open('/plugins');
  });

  it('asks before unsaved text is left, also after it came back with a problem', async () => {
    const leave = async (): Promise<string | undefined> => {
      let asked: string | undefined;
      page.once('dialog', (dialog) => {
        asked = dialog.type();
        void dialog.accept();
      });
      await page.goto(`${system.server().url}/plugins`);
      page.removeAllListeners('dialog');
      return asked;
    };
    await open('/plugins/greet/edit');
    await textOf('index.mjs').click();
    expect(await leave()).toBeUndefined();
    await open('/plugins/greet/edit');
    await textOf('index.mjs').click();
    await page.keyboard.type('// unsaved');
    expect(await leave()).toBe('beforeunload');
    await open('/plugins/greet/edit');
    await textOf('index.mjs').fill('export const nothing = 1;\n');
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByText('It cannot be saved like this').waitFor();
    await textOf('index.mjs').click();
    expect(await leave()).toBe('beforeunload');
  });

  it('is left by Esc and Tab, and written and saved by keys alone', async () => {
    await open('/plugins/greet/edit');
    const text = textOf('index.mjs');
    await text.focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.press('Tab');
    await page.keyboard.type('// by keys');
    expect(await page.locator('textarea[name="text.1"]').inputValue()).toMatch(/^ {2}\/\/ by keys$/m);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+Tab');
    expect(await focused(page)).toContain('Remove');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Text of index.mjs');
    await page.keyboard.press('Escape');
    // past the problems, if there are any
    for (let step = 0; step < 5 && !(await focused(page)).includes('Review changes'); step += 1) await page.keyboard.press('Tab');
    expect(await focused(page)).toContain('Review changes');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'A save changes 1 file' }).waitFor();
    for (let step = 0; step < 40 && !(await focused(page)).includes('Save as'); step += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/plugins\/greet$/);
    const { files: saved } = await system.api.get<{ files: { text: string }[] }>('/api/v1/plugins/greet');
    expect(saved.map(({ text }) => text).join()).toContain('  // by keys');
  });

  it('keeps the place of who began before the script came', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/plugin-editor*.js*', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`${system.server().url}/plugins/greet/edit`, { waitUntil: 'commit' });
    const plain = page.locator('textarea[name="text.1"]');
    await plain.focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('// early');
    release();
    await textOf('index.mjs').waitFor();
    await page.waitForFunction("document.activeElement?.classList.contains('pce-textarea')");
    await page.keyboard.type(' bird');
    expect(await plain.inputValue()).toMatch(/^\/\/ early bird/);
    await page.unroute('**/plugin-editor*.js*');
    page.once('dialog', (dialog) => void dialog.accept());
    await open('/plugins');
  });

  it('makes a new plugin that works', async () => {
    await open('/plugins');
    await page.getByRole('link', { name: 'New plugin' }).click();
    await page.getByLabel('Name').fill('fresh');
    await page.getByRole('button', { name: 'Open the editor' }).click();
    await page.getByText('none found').waitFor();
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.waitForURL(/\/plugins\/fresh$/);
    const run = await system.api.runTask({ owner: 'host-1', plugin: 'fresh', args: { name: 'Bo' } });
    expect((await system.api.executionsOf(run.id)).map(({ data }) => data)).toEqual([{ name: 'Bo' }]);
  });

  it('is quiet: no script failed, and nothing was stopped by the content security policy', () => {
    expect(browser.complaints.filter((one) => !/422|Unprocessable|409|Conflict/.test(one))).toEqual([]);
  });
});

/** What a person would say has the focus. */
const focused = async (page: Page): Promise<string> =>
  String(
    await page.evaluate(
      "document.activeElement.matches('a, button, input, textarea') ? document.activeElement.ariaLabel ?? document.activeElement.textContent : ''",
    ),
  );

/** Somebody else, by the API. */
async function saveMeanwhile(system: System, word: string): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const answer = await fetch(`${system.server().url}/api/v1/plugins/greet`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${system.server().token}` },
    body: JSON.stringify({
      files: [
        { path: 'plugin.json', base64: base64(JSON.stringify(manifest)) },
        { path: 'index.mjs', base64: base64(sourceOf(word)) },
      ],
    }),
  });
  expect(answer.status).toBe(200);
}
