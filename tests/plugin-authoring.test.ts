import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PluginDetail, PluginHolder, PluginVersion } from '../shared/api/plugins.ts';
import { type Runtime, runtimes } from '../shared/plugin-manifest.ts';
import { type CliEnd, cliWith } from './support/cli.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';
import { createVisitor, type Visitor } from './support/visitor.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const hasPowershell = spawnSync('pwsh', ['-v']).status === 0;

let system: System;
let cwd: string;
let visitor: Visitor;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'muster-author-'));
  system = await startSystem({ plugins: { 'from_folder.sh': 'echo from the folder\n' } });
  await Promise.all(['one', 'two'].map((name) => system.startAgent(name)));
  visitor = createVisitor(system.server().url);
  await visitor.open(system.server().signInUrl);
});
afterAll(async () => {
  await system?.dispose();
  rmSync(cwd, { recursive: true, force: true });
});

const muster = (...args: string[]): Promise<CliEnd> =>
  cliWith(system.server())(args, {
    cwd,
    env: { ...(process.env as Record<string, string>), MUSTER_TOKEN: system.server().token },
  });

/** What a run of the plugin says on each agent. */
async function outputOn(owner: string, plugin: string, more: object = {}): Promise<string[]> {
  const run = await system.api.runTask({ owner, plugin, ...more });
  return Promise.all((await system.api.executionsOf(run.id)).map(({ id }) => system.api.log(id)));
}

describe('a new plugin', () => {
  const made = [...runtimes.map((runtime) => [runtime, '']), ['node', '--ts']] as [Runtime, string][];
  for (const [runtime, flag] of made) {
    const what = `for ${runtime}${flag} passes its own test at once, runs here, and runs on an agent when it is pushed`;
    if (runtime === 'powershell' && !hasPowershell) {
      it.skip(`${what} (skipped: there is no PowerShell on this machine)`, () => undefined);
      continue;
    }
    it(what, async () => {
      const name = `hello-${runtime}${flag}`;
      const args = runtime === 'node' || runtime === 'python' ? '{"name":"Ada"}' : '["Ada"]';
      expect(await muster('plugins', 'new', name, '--runtime', runtime, ...(flag === '' ? [] : [flag]))).toMatchObject({
        code: 0,
      });
      const tested = await muster('plugins', 'test', name);
      expect(tested).toMatchObject({ code: 0, out: expect.stringMatching(/^(ok .*\n){3}$/) });
      expect((await muster('plugins', 'check', name)).out).not.toMatch(/^(warn|fail)/m);
      const here = await muster('plugins', 'run', name, 'main', '--args', args, '--json');
      const end = { outcome: 'succeeded', message: 'Greeted Ada.', data: { greeting: 'Hello, Ada' } };
      expect(JSON.parse(here.out)).toMatchObject({ ...end, log: 'Hello, Ada\n' });
      expect((await muster('plugins', 'push', name)).code).toBe(0);
      const run = await system.api.runTask({ owner: 'one', plugin: name, args: JSON.parse(args) });
      expect(await system.api.executionsOf(run.id)).toMatchObject([{ state: 'succeeded', message: end.message, data: end.data }]);
      const { files } = await system.api.get<PluginDetail>(`/api/v1/plugins/${name}`);
      expect(files.map(({ path }) => path)).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/\.test\.|\.d\.ts$|tsconfig/)]),
      );
    }, 60_000);
  }

  it('in TypeScript satisfies the compiler', () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', join(cwd, 'hello-node--ts')], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
    const index = join(cwd, 'hello-node--ts', 'index.ts');
    writeFileSync(index, readFileSync(index, 'utf8').replace("status: 'success'", "status: 'fine'"));
    expect(spawnSync(process.execPath, [tsc, '-p', join(cwd, 'hello-node--ts')], { encoding: 'utf8' }).stdout).toMatch(
      /index\.ts\(\d+,\d+\): error .*"fine"/,
    );
  }, 60_000);

  it('has a name that can be one, and takes the place of nothing', async () => {
    expect(await muster('plugins', 'new', '../escape')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/"\.\.\/escape" cannot be the name/),
    });
    expect(await muster('plugins', 'new', 'hello-bash')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/There is a hello-bash already/),
    });
  });
});

describe('muster plugins run', () => {
  const put = (name: string, text: string): void => writeFileSync(join(cwd, name), text);

  it('ends as on an agent: a failure with its message, a time limit, a cancel', async () => {
    put('fails.py', 'def main():\n    print("so far")\n    raise ValueError("no such disk")\n');
    expect(await muster('plugins', 'run', 'fails.py')).toMatchObject({
      code: 1,
      out: 'so far\n',
      err: expect.stringMatching(/failed after .*ValueError: no such disk/s),
    });
    const sleep = `sleep ${60_000 + (process.pid % 10_000)}`;
    put('slow.sh', `echo started\n${sleep}\n`);
    expect(await muster('plugins', 'run', 'slow.sh', '--timeout', '1')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/timed out after .*time limit of 1 s/),
    });
    const running = cliWith(system.server())(['plugins', 'run', 'slow.sh'], { cwd, env: process.env as Record<string, string> });
    const started = eventually('the script runs', () => spawnSync('pgrep', ['-fx', sleep]).status === 0);
    await started;
    running.interrupt();
    expect(await running).toMatchObject({ code: 130, err: expect.stringMatching(/cancelled after .*Cancelled on request/) });
    expect(spawnSync('pgrep', ['-fx', sleep]).status).not.toBe(0);
  }, 60_000);

  it('keeps the files that it stores where it is told to, and of links none', async () => {
    put('leaves.sh', 'cd "$MUSTER_ARTIFACTS"\nmkdir sub\necho one > sub/report.txt\nln -s /nowhere dangling\n');
    const ended = await muster('plugins', 'run', 'leaves.sh', '--artifacts', 'kept/here');
    expect(ended).toMatchObject({ code: 0, err: expect.stringContaining('artifact sub/report.txt (4 B)\n') });
    expect(readFileSync(join(cwd, 'kept/here/sub/report.txt'), 'utf8')).toBe('one\n');
    expect(readdirSync(join(cwd, 'kept/here'))).toEqual(['sub']);
  });

  it('refuses files that no bundle can have, by name', async () => {
    mkdirSync(join(cwd, 'odd'));
    writeFileSync(
      join(cwd, 'odd/plugin.json'),
      JSON.stringify({ name: 'odd', version: '1.0.0', runtime: 'bash', entry: 'main.sh', actions: { main: {} } }),
    );
    writeFileSync(join(cwd, 'odd/main.sh'), 'echo\n');
    writeFileSync(join(cwd, 'odd/a:b.txt'), '');
    expect(await muster('plugins', 'run', 'odd')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^muster: a:b\.txt: A path inside a bundle is made of names that every platform can have/),
    });
  });

  it('gives the environment, and refuses arguments that the server would refuse, in the same words', async () => {
    put('env.sh', 'echo "$GREETING"\n');
    expect(await muster('plugins', 'run', 'env.sh', 'main', '--env', 'GREETING=hi there')).toMatchObject({
      code: 0,
      out: 'hi there\n',
    });
    expect(await muster('plugins', 'run', 'hello-python', 'main', '--args', '{"nam":"Ada"}')).toMatchObject({
      code: 2,
      err: expect.stringContaining('args.nam is not an argument of this action.'),
    });
    expect(await muster('plugins', 'run', 'hello-python', 'mian')).toMatchObject({
      code: 2,
      err: expect.stringContaining('It has: main.'),
    });
  });
});

describe('the page of what a plugin gets and gives', () => {
  const page = readFileSync(join(root, 'docs/guides/plugin-reference.md'), 'utf8');
  const scripts = [...page.matchAll(/^`plugins\/(tidy\.\w+)`:\n\n```\w+\n([\s\S]*?)^```$/gm)].map((match) => match.slice(1));

  it.each(scripts)('is true of %s', async (name, text) => {
    writeFileSync(join(cwd, name ?? ''), text ?? '');
    expect((await muster('plugins', 'check', name ?? '')).code).toBe(0);
    const args = name?.endsWith('.sh') ? '[3]' : '{"days":3}';
    const { code, out } = await muster('plugins', 'run', name ?? '', 'main', '--args', args, '--json');
    expect([code, JSON.parse(out)]).toEqual([
      0,
      expect.objectContaining({
        outcome: 'succeeded',
        message: 'Nothing was old.',
        data: { days: 3 },
        log: 'looking days=3\n',
        artifacts: [{ name: 'report.txt', bytes: 16 }],
      }),
    ]);
  });

  it('has a script for three runtimes', () => expect(scripts).toHaveLength(3));
});

describe('versions of a plugin', () => {
  const source = (said: string): string => `echo ${said}\n`;
  const shaOf = async (name: string): Promise<string> => (await system.api.get<PluginDetail>(`/api/v1/plugins/${name}`)).sha256;
  const push = async (said: string): Promise<string> => {
    writeFileSync(join(cwd, 'versioned.sh'), source(said));
    expect((await muster('plugins', 'push', 'versioned.sh')).code).toBe(0);
    return shaOf('versioned');
  };

  it('are kept, compared, gone back to, and pinned by a task', async () => {
    const first = await push('first');
    const task = await system.api.post<{ task: { id: string } }>('/api/v1/tasks', {
      owner: 'ALL', plugin: 'versioned', type: 'Interval', everySeconds: 86_400,
    }); // biome-ignore format: one call
    const taskId = task.task.id;
    expect((await muster('plugins', 'pin', taskId, first.slice(0, 12))).out).toContain(`keeps versioned ${first.slice(0, 12)}`);

    const second = await push('second');
    const { out } = await muster('plugins', 'versions', 'versioned', '--json');
    const { items } = JSON.parse(out) as { items: PluginVersion[] };
    expect(items.map(({ sha256, current }) => [sha256, current])).toEqual([
      [second, true],
      [first, false],
    ]);
    const diff = await muster('plugins', 'diff', 'versioned');
    expect(diff.out).toContain('@@ -1,1 +1,1 @@\n-echo first\n+echo second\n');
    expect((await muster('plugins', 'diff', 'versioned', second, first)).out).toContain('-echo second\n+echo first\n');
    expect(
      (await system.api.get<{ files: { text: string }[] }>(`/api/v1/plugins/versioned/versions/${first.slice(0, 8)}`)).files.at(
        -1,
      )?.text,
    ).toBe(source('first'));

    expect(await outputOn('ALL', 'versioned')).toEqual(['second\n', 'second\n']);
    const pinned = await system.api.post<{ id: string; pluginSha256: string }>(`/api/v1/tasks/${taskId}/run?wait=20`);
    expect(pinned.pluginSha256).toBe(first);
    expect(await Promise.all((await system.api.executionsOf(pinned.id)).map(({ id }) => system.api.log(id)))).toEqual([
      'first\n',
      'first\n',
    ]);

    expect((await muster('plugins', 'rollback', 'versioned', first.slice(0, 12))).out).toBe(
      `versioned 0.0.0 ${first.slice(0, 12)}\n`,
    );
    expect(await outputOn('one', 'versioned')).toEqual(['first\n']);
    expect((await muster('plugins', 'rollback', 'versioned', first)).err).toContain('is the current one already');
    expect((await muster('plugins', 'rollback', 'versioned', '0.0.0')).err).toMatch(
      /2 stored versions of the plugin "versioned" are called "0\.0\.0"/,
    );
    expect((await muster('plugins', 'rollback', 'versioned', '9.9.9')).err).toMatch(
      /has no version "9\.9\.9" on this server\. The newest are 0\.0\.0/,
    );

    await muster('plugins', 'unpin', taskId);
    await muster('plugins', 'rollback', 'versioned', second.slice(0, 12));
    const unpinned = await system.api.post<{ pluginSha256: string }>(`/api/v1/tasks/${taskId}/run?wait=20`);
    expect(unpinned.pluginSha256).toBe(second);
  }, 60_000);

  it('can be pinned by a task that runs at once, also one that no agent holds', async () => {
    const old = await push('long ago');
    await push('today');
    await system.api.send('DELETE', '/api/v1/plugins/unrelated');
    expect(await outputOn('ALL', 'versioned', { pluginVersion: old.slice(0, 16) })).toEqual(['long ago\n', 'long ago\n']);
    const refused = await system.api.send('POST', '/api/v1/tasks', { owner: 'ALL', plugin: 'versioned', pluginVersion: '3.0.0' });
    expect([refused.status, refused.json]).toEqual([
      422,
      expect.objectContaining({ code: 'plugin_unknown', field: 'pluginVersion' }),
    ]);
  }, 60_000);

  it('of a plugin that was removed stay, and one brings it back', async () => {
    const sha256 = await push('back again');
    await muster('plugins', 'remove', 'versioned');
    expect((await system.api.send('POST', '/api/v1/tasks', { owner: 'one', plugin: 'versioned' })).status).toBe(422);
    await muster('plugins', 'rollback', 'versioned', sha256.slice(0, 12));
    expect(await outputOn('one', 'versioned')).toEqual(['back again\n']);
  });

  it('are on its page, with what changed and the way back', async () => {
    const old = await push('before the page');
    const sha256 = await push('on the page');
    const page = await visitor.open('/plugins/versioned');
    expect(page.html).toContain('/plugins/versioned/agents?state=current');
    const link = `/plugins/versioned/diff?from=${old}&amp;to=${sha256}`;
    expect(page.html).toContain(link);
    expect((await visitor.open(link.replace('&amp;', '&'))).html).toContain(
      '<del>-echo before the page\n</del><ins>+echo on the page\n</ins>',
    );
    expect(page.html).toContain(`/plugins/versioned/rollback?version=${old}`);
    const asked = await visitor.open(`/plugins/versioned/rollback?version=${old}`);
    expect([asked.status, asked.html]).toEqual([200, expect.stringContaining('Make it current')]);
    expect(asked.html).toContain('Leave it as it is');
    expect(asked.html).toContain(`Make 0.0.0 (${old.slice(0, 12)}) the current version of versioned?`);
    expect((await visitor.open('/plugins/versioned/rollback?version=9.9.9')).status).toBe(404);
  });

  it('give the form of a task that is pinned to one its fields, and all of them are suggested', async () => {
    const pushWith = async (version: string, argument: string): Promise<void> => {
      const args = { type: 'object', properties: { [argument]: { type: 'string' } }, additionalProperties: false };
      mkdirSync(join(cwd, 'formed'), { recursive: true });
      writeFileSync(
        join(cwd, 'formed/plugin.json'),
        JSON.stringify({ name: 'formed', version, runtime: 'bash', entry: 'main.sh', actions: { main: { args } } }),
      );
      writeFileSync(join(cwd, 'formed/main.sh'), 'echo\n');
      expect((await muster('plugins', 'push', 'formed')).code).toBe(0);
    };
    await pushWith('1.0.0', 'host');
    const { task } = await system.api.post<{ task: { id: string } }>('/api/v1/tasks', {
      owner: 'ALL', plugin: 'formed', args: { host: 'db1' }, type: 'Interval', everySeconds: 86_400,
    }); // biome-ignore format: one call
    await muster('plugins', 'pin', task.id, '1.0.0');
    await pushWith('2.0.0', 'server');
    const { html } = await visitor.open(`/tasks/${task.id}/edit`);
    expect(html).toMatch(/name="args\.host" value="db1"/);
    expect(html).not.toContain('name="args.server"');
    expect(html).toMatch(/As in version 1\.0\.0 \([0-9a-f]{12}\)/);
    expect(html).toContain('<option value="2.0.0">2.0.0, current</option><option value="1.0.0">1.0.0</option>');
  });

  it('of a plugin that is removed run for nobody, also where they are pinned, which the row says', async () => {
    const sha256 = await push('for nobody');
    const { task } = await system.api.post<{ task: { id: string } }>('/api/v1/tasks', {
      owner: 'ALL', plugin: 'versioned', pluginVersion: sha256, type: 'Interval', everySeconds: 86_400,
    }); // biome-ignore format: one call
    await muster('plugins', 'remove', 'versioned');
    const run = await system.api.post<{ id: string; state: string }>(`/api/v1/tasks/${task.id}/run?wait=20`);
    expect(await system.api.executionsOf(run.id)).toMatchObject([
      { state: 'skipped', reason: 'plugin_unknown', reasonText: 'The plugin versioned is not on the server any more.' },
    ]);
    await muster('plugins', 'rollback', 'versioned', sha256);
    const again = await system.api.post<{ id: string }>(`/api/v1/tasks/${task.id}/run?wait=20`);
    expect(await system.api.executionsOf(again.id)).toMatchObject([{ state: 'succeeded' }, { state: 'succeeded' }]);
  });

  it('on each agent are told', async () => {
    await push('drifting');
    const holders = async (): Promise<PluginHolder[]> =>
      JSON.parse((await muster('plugins', 'agents', 'versioned', '--json')).out).items;
    await eventually('both have the current one', async () => (await holders()).every(({ state }) => state === 'current'));
    expect((await holders()).map(({ agentName }) => agentName).sort()).toEqual(['one', 'two']);
    expect((await muster('plugins', 'agents', 'from_folder')).out).toMatch(/one +Online +current/);
  });

  it('that are pushed win over the plugins folder, which is said, until they are removed', async () => {
    writeFileSync(join(cwd, 'from_folder.sh'), source('pushed'));
    const pushed = await muster('plugins', 'push', 'from_folder.sh');
    await eventually(
      'the server says what hides what',
      async () => (await system.api.get<PluginDetail>('/api/v1/plugins/from_folder')).hidesFolder,
    );
    expect(pushed.code).toBe(0);
    expect((await muster('plugins', 'show', 'from_folder')).out).toMatch(
      /from +pushed; it hides another one in the plugins folder/,
    );
    expect(await outputOn('one', 'from_folder')).toEqual(['pushed\n']);
    await muster('plugins', 'remove', 'from_folder');
    expect(await outputOn('one', 'from_folder')).toEqual(['from the folder\n']);
    const { versions } = await system.api.get<PluginDetail>('/api/v1/plugins/from_folder');
    const earlier = versions.find(({ current }) => !current)?.sha256 ?? '';
    expect((await muster('plugins', 'rollback', 'from_folder', earlier)).err).toContain(
      'holds another from_folder, which is hidden by this one until `muster plugins remove from_folder`',
    );
    expect(await outputOn('one', 'from_folder')).toEqual(['pushed\n']);
  });
});
