import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import type { Task } from '../shared/api/tasks.ts';
import { createAgentKeys, enrolAgent } from './support/agent-client.ts';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the form of a task are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

const step = {
  type: 'object',
  required: ['run'],
  properties: { run: { type: 'string', title: 'Command line' }, tries: { type: 'integer', title: 'Tries', default: 1 } },
};
const manifest = {
  name: 'deploy',
  version: '1.0.0',
  description: 'Deploys.',
  runtime: 'node',
  entry: 'index.mjs',
  platforms: ['linux'],
  actions: {
    main: {
      args: {
        type: 'object',
        required: ['service', 'steps'],
        additionalProperties: false,
        properties: {
          service: { type: 'string', title: 'Service' },
          steps: { type: 'array', title: 'Steps', items: step },
          headers: { type: 'object', title: 'Headers', additionalProperties: { type: 'string' } },
          retries: { type: 'object', title: 'Tries again', required: ['count'], properties: { count: { type: 'integer', title: 'How often' } } },
          password: { type: 'string', title: 'Password', writeOnly: true },
        },
      },
    },
  },
}; // biome-ignore format: a manifest

const args = {
  service: 'shop',
  steps: [
    { run: 'make build', tries: 1 },
    { run: 'make deploy', tries: 3 },
  ],
  headers: { 'x-by': 'me' },
  retries: { count: 2 },
  password: { $secret: 'registry' },
};

describeWithBrowser('the form of a task', () => {
  let server: ServerInProcess;
  let browser: TestBrowser;
  let page: Page;
  const fresh = () => page.goto(`${server.url}/tasks/new?plugin=deploy`);
  const json = () => page.getByLabel('Arguments as JSON');
  const owner = () => page.getByLabel(/^Owner/);
  const save = (name: string) => page.getByRole('button', { name, exact: true }).click();
  const taskAt = async (): Promise<Task> => {
    await page.waitForURL(/\/tasks\/tsk_[^/]*$/);
    return server.api.get<Task>(`/api/v1/tasks/${page.url().split('/').at(-1)}`);
  };
  const makeTask = async (more: object = {}): Promise<Task> =>
    (
      await server.api.post<{ task: Task }>('/api/v1/tasks', {
        name: 'Deploy the shop',
        owner: 'tag:web',
        plugin: 'deploy',
        args,
        type: 'Interval',
        everySeconds: 86_400,
        ...more,
      })
    ).task;

  beforeAll(async () => {
    server = await startServerInProcess({
      'deploy/plugin.json': JSON.stringify(manifest),
      'deploy/index.mjs': 'export const main = (args) => args;\n',
    });
    const { token } = await server.api.post<{ token: string }>('/api/v1/join-tokens', { maxUses: 10 });
    const keys = createAgentKeys();
    const hosts = [
      ['web-1', ['web']],
      ['web-2', ['web', 'old']],
      ['db-1', ['db']],
      ['gone', ['web']],
    ] as const;
    for (const [name, tags] of hosts) {
      const { agentId } = await enrolAgent({ url: server.url, joinToken: token, name, keys, tags: [...tags] });
      if (name === 'gone') await server.api.post(`/api/v1/agents/${agentId}/revoke`);
    }
    await server.api.send('PUT', '/api/v1/secrets/registry', { value: 'a password of the registry' });
    browser = await openSignedIn(server.running.signInUrl);
    page = browser.page;
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('takes what an action wants: rows, names with values, groups, secrets', async () => {
    await fresh();
    await page.getByLabel(/^Service/).fill('shop');
    for (const [index, { run, tries }] of args.steps.entries()) {
      await page.getByRole('button', { name: 'Add to Steps' }).click();
      await page
        .getByLabel(/^Command line/)
        .nth(index)
        .fill(run);
      await page.getByLabel('Tries', { exact: true }).nth(index).fill(String(tries));
    }
    await page.getByRole('button', { name: 'Add to Steps' }).click();
    await page
      .getByLabel(/^Command line/)
      .nth(2)
      .fill('a mistake');
    await page.getByRole('button', { name: 'Remove Steps 3' }).click();
    await page
      .getByLabel(/^Command line/)
      .nth(2)
      .waitFor({ state: 'detached' });
    await page.locator('summary', { hasText: 'Further arguments' }).click();
    await page.getByRole('button', { name: 'Add to Headers' }).click();
    await page.getByLabel('Headers 1: name').fill('x-by');
    await page.getByLabel('Headers 1: value').fill('me');
    await page.getByLabel('Tries again').check();
    await page.getByLabel(/^How often/).fill('2');
    await page
      .locator('.arg', { has: page.getByLabel('Password') })
      .locator('summary')
      .click();
    await page.locator('input[name="args.password.$secret"]').fill('registry');
    await page.locator('label[for="type-Interval"]').click();
    await page.getByLabel('Every', { exact: true }).fill('1d');
    await owner().fill('web-1');
    await save('Create the task');
    expect((await taskAt()).args).toEqual(args);
  });

  test('shows the same arguments as JSON and as fields, both ways, and tells where the JSON is wrong', async () => {
    const task = await makeTask();
    await page.goto(`${server.url}/tasks/${task.id}/edit`);
    await page.getByLabel(/^Service/).fill('mail');
    await page.getByRole('button', { name: 'Write as JSON' }).click();
    expect(JSON.parse(await json().inputValue())).toEqual({ ...args, service: 'mail' });
    await json().fill('{\n  "service": "shop"\n  "steps": []\n}');
    await page.getByText('Line 3, column 3: a comma or } is expected').first().waitFor();
    await page.getByRole('button', { name: 'Fill in fields' }).click();
    await page.getByText('Line 3, column 3').first().waitFor();
    expect(await json().inputValue()).toContain('"steps": []');
    await json().fill('{"service": "shop", "steps": [], "other": 1}');
    await page.getByRole('button', { name: 'Fill in fields' }).click();
    await page.getByText('The fields have no place for other').first().waitFor();
    await json().fill(JSON.stringify({ service: 'chat', steps: [{ run: 'one' }] }));
    await page.getByRole('button', { name: 'Fill in fields' }).click();
    await page.getByLabel(/^Command line/).waitFor();
    expect(await page.getByLabel(/^Service/).inputValue()).toBe('chat');
    expect(await page.getByLabel(/^Command line/).inputValue()).toBe('one');
  });

  test('tells whom an owner reaches while it is typed, who of them cannot begin, and why not the others', async () => {
    await fresh();
    const preview = page.locator('[data-part="owner"]');
    await owner().fill('tag:web & !tag:old');
    await preview.getByText('1 host').waitFor();
    await preview.getByText('1 could not begin now: 1 offline').waitFor();
    const others = preview.locator('.why-not', { hasText: 'not reached' });
    await others.locator('summary').click();
    expect(await others.locator('dl > div').allInnerTexts()).toEqual([
      expect.stringMatching(/1 !tag:old does not hold\s+web-2/),
      expect.stringMatching(/1 tag:web does not hold\s+db-1/),
      expect.stringMatching(/1 revoked\s+gone/),
    ]);
    await owner().fill('tag:(');
    await preview.getByText('A value must follow').waitFor();
    await page.getByRole('button', { name: /^ALL/ }).click();
    await preview.getByText('3 hosts').waitFor();
    expect(await page.getByRole('button', { name: /^ALL/ }).getAttribute('aria-pressed')).toBe('true');
    await owner().fill('web');
    await page.locator('#owners option[value="web-2"]').waitFor({ state: 'attached' });
  });

  test('keeps all that was typed when something is wrong, and leads to each field that is', async () => {
    await fresh();
    await page.getByRole('button', { name: 'Add to Steps' }).click();
    await page.getByLabel('Tries', { exact: true }).fill('many');
    await page.locator('summary', { hasText: 'Time and output' }).click();
    await page.getByLabel('Time limit').fill('soon');
    await owner().fill('nobody-here');
    await save('Create the task');
    const list = page.locator('.problem-list');
    await list.waitFor();
    expect(await list.locator('li').allInnerTexts()).toEqual([
      'Service: Fill this in.',
      'Steps 1, Command line: Fill this in.',
      'Steps 1, Tries: many is not a number.',
      expect.stringContaining('Owner: There is no agent "nobody-here".'),
      expect.stringContaining('Time limit: '),
    ]);
    expect(await page.getByLabel('Tries', { exact: true }).inputValue()).toBe('many');
    expect(await page.getByLabel('Time limit').inputValue()).toBe('soon');
    await list.getByRole('link', { name: 'Steps 1, Tries' }).click();
    expect(await page.evaluate('document.activeElement.name ?? location.hash')).toMatch(/tries/);
  });

  test('asks before something that was typed is left behind, and only then', async () => {
    await fresh();
    const asked: string[] = [];
    const answer = (dialog: { type(): string; accept(): Promise<void> }) => {
      asked.push(dialog.type());
      void dialog.accept();
    };
    page.on('dialog', answer);
    await page.goto(`${server.url}/tasks`);
    expect(asked).toEqual([]);
    await fresh();
    await page.getByLabel(/^Service/).pressSequentially('shop');
    await page.goto(`${server.url}/tasks`);
    expect(asked).toEqual(['beforeunload']);
    page.off('dialog', answer);
  });

  test('begins with a copy of another task', async () => {
    const task = await makeTask();
    await page.goto(`${server.url}/tasks/new?from=${task.id}`);
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Deploy the shop (copy)');
    await save('Create the task');
    const copy = await taskAt();
    expect(copy).toMatchObject({ name: 'Deploy the shop (copy)', owner: 'tag:web', args, everySeconds: 86_400, version: 1 });
    expect(copy.id).not.toBe(task.id);
  });

  test('shows what a save changes before it is saved, and what somebody else saved meanwhile', async () => {
    const task = await makeTask();
    await page.goto(`${server.url}/tasks/${task.id}/edit`);
    const changes = page.locator('[data-part="changes"]');
    await changes.getByText('Nothing was changed yet.').waitFor();
    await page.getByLabel('Every', { exact: true }).fill('2d');
    await changes.getByText('+everySeconds: 172800').waitFor();
    expect(await changes.locator('del').last().textContent()).toContain('everySeconds: 86400');

    const { name, owner: reach, plugin, type } = task;
    await server.api.send(
      'PUT',
      `/api/v1/tasks/${task.id}`,
      { name: `${name}!`, owner: reach, plugin, args, type, everySeconds: 60 },
      {
        'if-match': `"${task.version}"`,
      },
    );
    await save('Save a new version');
    await page.locator('.problem-list').getByText('save again to do it all the same').waitFor();
    expect(await page.getByLabel('Every', { exact: true }).inputValue()).toBe('2d');
    await changes.getByText('everySeconds: 60').waitFor();
    await save('Save a new version');
    expect(await taskAt()).toMatchObject({ everySeconds: 172_800, version: 3 });
  });

  test('can be filled in and sent with the keyboard alone', async () => {
    await fresh();
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const isAt = (what: string) => page.evaluate(`document.activeElement.matches(${JSON.stringify(what)})`) as Promise<boolean>;
    const tabTo = async (what: string) => {
      for (let presses = 0; presses < 100 && !(await isAt(what)); presses += 1) await press('Tab');
      expect(await isAt(what)).toBe(true);
    };
    await page.locator('#content').focus();
    await tabTo('[name="args.service"]');
    await page.keyboard.type('shop');
    await tabTo('[value="add:args.steps"]');
    await press('Enter');
    await page.locator('[name="args.steps.0.run"]:focus').waitFor();
    await page.keyboard.type('make');
    await tabTo('[data-owner]');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('web-2');
    await tabTo('[name="type"]');
    await press('ArrowRight', 'ArrowRight');
    await tabTo('[name="everySeconds"]');
    await page.keyboard.type('90m');
    await page.locator('[data-firings] li').nth(9).waitFor();
    await press('Enter');
    expect(await taskAt()).toMatchObject({
      owner: 'web-2',
      everySeconds: 5400,
      args: { service: 'shop', steps: [{ run: 'make', tries: 1 }] },
    });
  });

  test('says in place when the server is gone, and goes on when it is back', async () => {
    await fresh();
    await page.route('**/tasks/new', (route) => route.abort());
    await owner().fill('ALL');
    await page.getByText('The server cannot be reached; what is typed stays here.').waitFor();
    await page.unroute('**/tasks/new');
    await owner().fill('web-1');
    await page.locator('[data-part="owner"]').getByText('1 host').waitFor();
    expect(await page.locator('[data-form-note]').textContent()).toBe('');
  });

  test('does all of it without script, by its buttons', async () => {
    const task = await makeTask();
    const context = (await page
      .context()
      .browser()
      ?.newContext({ javaScriptEnabled: false, storageState: await page.context().storageState() })) as BrowserContext;
    const plain = await context.newPage();
    await plain.goto(`${server.url}/tasks/${task.id}/edit`);
    await plain.getByRole('button', { name: 'Add to Steps' }).click();
    await plain
      .getByLabel(/^Command line/)
      .nth(2)
      .fill('make clean');
    await plain.getByRole('button', { name: 'Remove Steps 1' }).click();
    await plain.getByRole('button', { name: 'Write as JSON' }).click();
    expect(JSON.parse(await plain.getByLabel('Arguments as JSON').inputValue())).toMatchObject({
      steps: [
        { run: 'make deploy', tries: 3 },
        { run: 'make clean', tries: 1 },
      ],
    });
    await plain.getByRole('button', { name: 'Fill in fields' }).click();
    await plain.getByRole('button', { name: /^Anyone/ }).click();
    await plain.getByText('One of 3 hosts').waitFor();
    await plain.getByRole('button', { name: 'Review the changes' }).click();
    expect(await plain.locator('pre.diff').textContent()).toContain('+owner: "Anyone"');
    await plain.getByRole('button', { name: 'Save a new version', exact: true }).click();
    expect((await server.api.get<Task>(`/api/v1/tasks/${task.id}`)).owner).toBe('Anyone');
    await context.close();
  }, 60_000);

  test('has nothing that the browser complains about, but for what was wrong on purpose', () => {
    const onPurpose = /: (422|412)$|status of (422|412)|ERR_FAILED/;
    expect(browser.complaints.filter((complaint) => !onPurpose.test(complaint))).toEqual([]);
  });
});
