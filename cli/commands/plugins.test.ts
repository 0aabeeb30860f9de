import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { somePlugin } from '../../tests/support/api-shapes.ts';
import { cliWith } from '../../tests/support/cli.ts';
import { type StubApi, startStubApi } from '../../tests/support/stub-api.ts';

const manifest = { name: 'hello', version: '1.2.3', runtime: 'python', entry: 'main.py', actions: { main: {} } };
let api: StubApi;
let cwd: string;
let cli: (...args: string[]) => ReturnType<ReturnType<typeof cliWith>>;

beforeEach(async () => {
  api = await startStubApi();
  cwd = mkdtempSync(join(tmpdir(), 'muster cli '));
  cli = (...args) => cliWith(api)(args, { cwd });
});
afterEach(async () => {
  await api.stop();
  rmSync(cwd, { recursive: true, force: true });
});

function put(path: string, content: string | object): void {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), typeof content === 'string' ? content : JSON.stringify(content));
}

describe('muster plugins check', () => {
  test('takes a folder that is well', async () => {
    put('hello/plugin.json', { ...manifest, actions: { main: { args: { type: 'object' }, examples: [{}] } } });
    put('hello/main.py', 'def main(): pass');
    const { code, out } = await cli('plugins', 'check', 'hello');
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.replace(/\s+/g, ' '))).toEqual([
      'ok name hello',
      'ok manifest version 1.2.3, runtime python',
      'ok entry main.py',
      'ok action main its schema is valid, and its examples fit',
      'ok platforms every platform',
      expect.stringMatching(/^ok size 1 file, /),
      '',
    ]);
  });

  test('takes a single file, whatever its path', async () => {
    put('some/where/restart.sh', 'echo');
    expect((await cli('plugins', 'check', 'some/where/restart.sh')).code).toBe(0);
  });

  test.each<[string, Record<string, string | object>, RegExp]>([
    ['no manifest', { 'hello/main.py': '' }, /fail +manifest +There is no plugin\.json/],
    ['a manifest that is no JSON', { 'hello/plugin.json': '{' }, /fail +manifest +plugin\.json is not valid JSON/],
    ['an unknown field', { 'hello/plugin.json': { ...manifest, entri: 'x' } }, /fail +manifest .*entri/],
    ['no entry', { 'hello/plugin.json': manifest }, /fail +entry +The entry file main\.py is not in the folder/],
    [
      'another name',
      { 'hello/plugin.json': { ...manifest, name: 'bye' } },
      /fail +name +plugin\.json says "bye", but the folder/,
    ],
    [
      'a broken schema',
      { 'hello/plugin.json': { ...manifest, actions: { main: { args: { type: 'text' } } } }, 'hello/main.py': '' },
      /fail +action main +Its args are not a JSON Schema/,
    ],
    [
      'a runtime that there is not',
      { 'hello/plugin.json': { ...manifest, runtime: 'perl' } },
      /manifest +runtime: Use one of node, python, /,
    ],
    ['no entry', { 'hello/plugin.json': { ...manifest, entry: undefined } }, /manifest +entry: It is missing\./],
  ])('refuses a folder with %s, and says where', async (_what, files, words) => {
    for (const [path, content] of Object.entries(files)) put(path, content);
    const { code, out } = await cli('plugins', 'check', 'hello');
    expect(code).toBe(1);
    expect(out).toMatch(words);
  });

  test('warns of an example that does not fit, which is no reason to refuse it', async () => {
    const args = { type: 'object', required: ['n'] };
    put('hello/plugin.json', { ...manifest, actions: { main: { args, examples: [{ n: 1 }, {}] } } });
    put('hello/main.py', '');
    const { code, out } = await cli('plugins', 'check', 'hello');
    expect([code, out]).toEqual([0, expect.stringMatching(/warn +action main +Example 2 does not fit the schema/)]);
  });

  test('refuses links, files that cannot run and what is not there', async () => {
    put('hello/plugin.json', manifest);
    symlinkSync('/etc/passwd', join(cwd, 'hello/main.py'));
    expect((await cli('plugins', 'check', 'hello')).err).toMatch(/main\.py is no regular file; links are not followed/);
    put('hello.txt', '');
    expect((await cli('plugins', 'check', 'hello.txt')).out).toMatch(/fail +file +hello\.txt cannot be run/);
    expect((await cli('plugins', 'check', 'nowhere')).err).toMatch(/There is no nowhere/);
  });

  test('prints its findings as JSON', async () => {
    put('hello.py', '');
    const { out } = await cli('plugins', 'check', 'hello.py', '--json');
    expect(JSON.parse(out)).toMatchObject({ name: 'hello', valid: true, findings: [{ level: 'ok', what: 'name' }, {}, {}] });
  });
});

describe('muster plugins push', () => {
  beforeEach(() => api.answer('PUT /api/v1/plugins/hello', { status: 201, body: somePlugin() }));
  const pushed = (): unknown => api.requests.at(-1)?.body;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  test('sends all files of a folder but what editors and tests leave behind', async () => {
    put('hello/plugin.json', manifest);
    for (const path of ['main.py', 'lib/more.py']) put(`hello/${path}`, path);
    for (const path of ['.git/config', 'main.py~', '__pycache__/x.pyc', 'main.test.ts']) put(`hello/${path}`, '');
    const { code, out } = await cli('plugins', 'push', 'hello');
    expect([code, out]).toEqual([0, `hello 1.0.0 ${'b'.repeat(12)}\n`]);
    expect(pushed()).toEqual({
      files: [
        { path: 'lib/more.py', executable: false, base64: base64('lib/more.py') },
        { path: 'main.py', executable: false, base64: base64('main.py') },
        { path: 'plugin.json', executable: false, base64: base64(JSON.stringify(manifest)) },
      ],
    });
  });

  test('sends a single file under its name', async () => {
    put('hello.py', 'def main(): pass');
    expect((await cli('plugins', 'push', './hello.py')).code).toBe(0);
    expect(pushed()).toEqual({ file: { name: 'hello.py', base64: base64('def main(): pass') } });
  });

  test('sends nothing that the server would refuse', async () => {
    put('hello/plugin.json', manifest);
    const { code, err } = await cli('plugins', 'push', 'hello');
    expect([code, api.requests.length]).toEqual([2, 0]);
    expect(err).toContain('The entry file main.py is not in the folder.');
  });
});

test('muster plugins delete', async () => {
  api.answer('DELETE /api/v1/plugins/hello', { status: 204 });
  expect((await cli('plugins', 'delete', 'hello')).out).toBe('hello is deleted.\n');
});
