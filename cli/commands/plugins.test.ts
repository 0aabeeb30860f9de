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
      'ok entry main.py, has main',
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
    ['a manifest that is no JSON', { 'hello/plugin.json': '{' }, /fail +manifest +plugin\.json:1:2: It is not valid JSON/],
    [
      'an unknown field',
      { 'hello/plugin.json': { ...manifest, entri: 'x' } },
      /fail +manifest +plugin\.json:1:\d+: entri: There is no such field\. Known here are name, version, /,
    ],
    ['no entry', { 'hello/plugin.json': manifest }, /fail +entry +The entry file main\.py is not in the folder/],
    [
      'another name',
      { 'hello/plugin.json': { ...manifest, name: 'bye' } },
      /fail +name +plugin\.json:1:2: It says "bye", but the folder/,
    ],
    [
      'a broken schema',
      { 'hello/plugin.json': { ...manifest, actions: { main: { args: { type: 'text' } } } }, 'hello/main.py': '' },
      /fail +action main +plugin\.json:1:\d+: Its args are not a JSON Schema/,
    ],
    [
      'a runtime that there is not',
      { 'hello/plugin.json': { ...manifest, runtime: 'perl' } },
      /manifest +plugin\.json:1:35: runtime: Use one of node, python, /,
    ],
    [
      'no entry',
      { 'hello/plugin.json': { ...manifest, entry: undefined } },
      /manifest +plugin\.json:1:1: entry: It is missing\./,
    ],
  ])('refuses a folder with %s, and says where', async (_what, files, words) => {
    for (const [path, content] of Object.entries(files)) put(path, content);
    const { code, out } = await cli('plugins', 'check', 'hello');
    expect(code).toBe(1);
    expect(out).toMatch(words);
  });

  test.each<[string, string, string, RegExp]>([
    ['python', 'main.py', 'def main():\n    retrun 1\n', /fail +syntax +main\.py:2:12: invalid syntax\./],
    ['node', 'index.js', 'export function main() {\n  return {;\n}\n', /fail +syntax +index\.js:2:11: Unexpected token ';'\./],
    ['node', 'index.ts', 'export function main(a: number) {\n  return a.;\n}\n', /fail +syntax +index\.ts:2:\d+: /],
    ['bash', 'main.sh', 'if true\nfi fi\n', /fail +syntax +main\.sh:2: syntax error near unexpected token/],
    [
      'python',
      'main.py',
      'def mian(): pass\n',
      /fail +entry +main\.py has no function for the action main: write `def main\(…\)`.* It has mian\./,
    ],
    [
      'node',
      'index.js',
      'export const other = () => 1;\n',
      /fail +entry +index\.js has no function for the action main: write `export async.* It has other\./,
    ],
    ['node', 'index.js', 'async function main() {}\n', /fail +entry +index\.js has no function for the action main/],
    ['bash', 'main.sh', '#!/bin/bash\r\necho hi\r\n', /fail +syntax +main\.sh:1: Its lines end as on Windows \(CRLF\)/],
    ['exec', 'main', '#!/bin/sh\r\necho hi\r\n', /fail +syntax +main:1: Its lines end as on Windows \(CRLF\)/],
  ])('looks into %s: %s', async (runtime, entry, source, words) => {
    put('hello/plugin.json', { ...manifest, runtime, entry });
    put(`hello/${entry}`, source);
    const { code, out } = await cli('plugins', 'check', 'hello');
    expect([code, out]).toEqual([1, expect.stringMatching(words)]);
  });

  test.each([
    ['node', 'index.js', 'export * from "./more.js";\n'],
    ['node', 'index.js', 'module.exports = { main() {} };\n'],
    ['node', 'index.mjs', 'export default () => 1;\n'],
    ['node', 'index.js', 'const wrap = (f) => f;\nexport const main = wrap(() => 1);\n'],
    ['node', 'index.js', 'var a=async()=>1;export{a as main};'],
    [
      'node',
      'index.cjs',
      '"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\n  exports["main"] = () => 1;\n',
    ],
    ['node', 'index.cjs', 'Object.defineProperty(exports, "main", { get: () => () => 1 });\n'],
    ['node', 'index.ts', 'import { main } from "./more.ts";\nexport { main };\n'],
    ['bash', 'main.sh', "#!/bin/bash\nprintf 'a\\r\\n'\ncat <<'END'\nx\r\nEND\n"],
    ['python', 'main.py', 'try:\n    from fast import main\nexcept ImportError:\n    main = print\n'],
    ['python', 'main.py', 'from helpers import *\n'],
  ])('finds no fault with what cannot be seen in %s: %s %s', async (runtime, entry, source) => {
    put('hello/plugin.json', { ...manifest, runtime, entry });
    put(`hello/${entry}`, source);
    expect((await cli('plugins', 'check', 'hello')).code).toBe(0);
  });

  test('warns of an example that does not fit, which is no reason to refuse it', async () => {
    const args = { type: 'object', required: ['n'] };
    put('hello/plugin.json', { ...manifest, actions: { main: { args, examples: [{ n: 1 }, {}] } } });
    put('hello/main.py', 'def main(n): pass');
    const { code, out } = await cli('plugins', 'check', 'hello');
    const words = /warn +action main +plugin\.json:1:\d+: Example 2 does not fit the schema: args\.n is missing\./;
    expect([code, out]).toEqual([0, expect.stringMatching(words)]);
  });

  test('refuses links, files that cannot run and what is not there', async () => {
    put('hello/plugin.json', manifest);
    symlinkSync('/etc/passwd', join(cwd, 'hello/main.py'));
    expect((await cli('plugins', 'check', 'hello')).err).toMatch(/main\.py is a symbolic link; links are not followed/);
    put('real/plugin.json', { ...manifest, name: 'linked' });
    put('real/main.py', 'def main(): pass');
    symlinkSync(join(cwd, 'real'), join(cwd, 'linked'));
    expect((await cli('plugins', 'check', 'linked')).code).toBe(0);
    put('hello.txt', '');
    expect((await cli('plugins', 'check', 'hello.txt')).out).toMatch(/fail +file +"hello\.txt" is not a file that can be run/);
    expect((await cli('plugins', 'check', 'nowhere')).err).toMatch(/There is no nowhere/);
  });

  test('prints its findings as JSON', async () => {
    put('hello.py', '');
    const { out } = await cli('plugins', 'check', 'hello.py', '--json');
    expect(JSON.parse(out)).toMatchObject({ name: 'hello', valid: true, findings: [{ level: 'ok', what: 'name' }, {}, {}] });
  });
});

describe('muster plugins push', () => {
  const to = { version: '1.0.0', sha256: 'b'.repeat(64) };
  const change = { path: 'main.py', change: 'changed', added: 1, removed: 1, patch: '@@ -1,1 +1,1 @@\n-old\n+new\n' };
  const compared = (from: object | null) => ({ body: { name: 'hello', from, to, files: from === null ? [] : [change] } });
  beforeEach(() => {
    api.answer('POST /api/v1/plugins/hello/compare', compared(null));
    api.answer('PUT /api/v1/plugins/hello', { status: 201, body: somePlugin() });
  });
  const pushed = (): unknown => api.requests.at(-1)?.body;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  test('sends all files of a folder but what editors and tests leave behind', async () => {
    put('hello/plugin.json', manifest);
    put('hello/main.py', 'def main(): pass');
    put('hello/lib/more.py', 'pass');
    for (const path of ['.git/config', 'main.py~', '__pycache__/x.pyc', 'main.test.ts']) put(`hello/${path}`, '');
    const { code, out } = await cli('plugins', 'push', 'hello');
    expect([code, out]).toEqual([0, `hello 1.0.0 ${'b'.repeat(12)}\n`]);
    expect(pushed()).toEqual({
      files: [
        { path: 'lib/more.py', executable: false, base64: base64('pass') },
        { path: 'main.py', executable: false, base64: base64('def main(): pass') },
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

  test('says what changes, and replaces nothing but what it showed', async () => {
    put('hello/plugin.json', manifest);
    put('hello/main.py', 'def main(): pass');
    api.answer('POST /api/v1/plugins/hello/compare', compared({ version: '1.0.0', sha256: 'a'.repeat(64) }));
    const { err } = await cli('plugins', 'push', 'hello');
    expect(err).toContain(`hello 1.0.0 ${'b'.repeat(12)}, instead of 1.0.0 ${'a'.repeat(12)}\n  M main.py  +1 -1`);
    expect(err).toContain('It is still called 1.0.0: raise `version` in plugin.json');
    expect(api.requests.at(-1)).toMatchObject({ method: 'PUT', headers: { 'if-match': `"${'a'.repeat(64)}"` } });
  });

  test('names the first of many files that change, and counts the rest', async () => {
    put('hello.py', 'def main(): pass');
    const files = Array.from({ length: 45 }, (_, at) => ({ ...change, path: `f${at}.txt` }));
    api.answer('POST /api/v1/plugins/hello/compare', {
      body: { name: 'hello', from: { ...to, sha256: 'a'.repeat(64) }, to, files },
    });
    const { err } = await cli('plugins', 'push', 'hello.py');
    expect(err).toMatch(/ {2}M f29\.txt {2}\+1 -1\n {2}and 15 more files\n/);
  });

  test('takes the place of nothing that came meanwhile, when it is new', async () => {
    put('hello.py', 'def main(): pass');
    await cli('plugins', 'push', 'hello.py');
    expect(api.requests.at(-1)).toMatchObject({ method: 'PUT', headers: { 'if-none-match': '*' } });
  });

  test('with --dry-run only shows what would change, line by line', async () => {
    put('hello.py', 'def main(): pass');
    api.answer('POST /api/v1/plugins/hello/compare', compared({ version: '1.0.0', sha256: 'a'.repeat(64) }));
    const { code, out } = await cli('plugins', 'push', 'hello.py', '--dry-run');
    expect([code, api.requests.length]).toEqual([0, 1]);
    expect(out).toContain(
      `--- a/main.py\t1.0.0 ${'a'.repeat(12)}\n+++ b/main.py\t1.0.0 ${'b'.repeat(12)}\n@@ -1,1 +1,1 @@\n-old\n+new\n`,
    );
  });
});

test('muster plugins remove', async () => {
  api.answer('DELETE /api/v1/plugins/hello', { status: 204 });
  expect((await cli('plugins', 'remove', 'hello')).out).toMatch(/^hello is deleted\. Its versions stay/);
});
