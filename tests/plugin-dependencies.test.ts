import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CliEnd, cliWith } from './support/cli.ts';
import { closedUrl } from './support/closed-port.ts';
import { type System, startSystem } from './support/system.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;

let system: System;
let cwd: string;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'muster-deps-'));
  system = await startSystem({ plugins: {} });
  await system.startAgent('one');
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

function put(path: string, text: string | object): void {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), typeof text === 'string' ? text : JSON.stringify(text));
}

async function outputOn(plugin: string): Promise<string> {
  const run = await system.api.runTask({ owner: 'one', plugin });
  const [execution] = await system.api.executionsOf(run.id);
  return system.api.log(execution?.id ?? '');
}

const manifest = (name: string, runtime: string, entry: string) => ({
  name,
  version: '1.0.0',
  runtime,
  entry,
  actions: { main: {} },
});

describe('a plugin that depends on something', () => {
  it('in node takes it along, refuses to go without it, and runs on an agent with it', async () => {
    put('shout/plugin.json', manifest('shout', 'node', 'index.js'));
    put('shout/index.js', "import loud from 'loud';\nexport const main = () => console.log(loud('hello'));\n");
    put('shout/package.json', { type: 'module', dependencies: { loud: '^1.0.0' } });
    const missing = 'loud, which package.json needs, is not installed: run `npm install` in';
    expect((await muster('plugins', 'check', 'shout')).out).toMatch(`fail  depends on   ${missing}`);
    expect((await muster('plugins', 'run', 'shout')).err).toContain(missing);
    const refused = await muster('plugins', 'push', 'shout');
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining(missing)]);
    put('node_modules/loud/package.json', { name: 'loud', version: '1.0.5', main: 'main.js', dependencies: { mark: '*' } });
    put('node_modules/loud/main.js', "module.exports = (text) => text.toUpperCase() + require('mark');\n");
    put('node_modules/mark/package.json', { name: 'mark', version: '2.0.0' });
    put('node_modules/mark/index.js', "module.exports = '!';\n");
    expect((await muster('plugins', 'check', 'shout')).out).toMatch(/ok +depends on +loud 1\.0\.5, mark 2\.0\.0, which go along/);
    expect((await muster('plugins', 'run', 'shout')).out).toContain('HELLO!');
    expect((await muster('plugins', 'push', 'shout')).code).toBe(0);
    expect(await outputOn('shout')).toContain('HELLO!');
  });

  const python = 'in python is filled by `plugins vendor`, and runs on an agent with what it brings';
  (hasPip ? it : it.skip)(hasPip ? python : `${python} (skipped: there is no pip on this machine)`, async () => {
    put('greet/plugin.json', manifest('greet', 'python', 'main.py'));
    put('greet/main.py', 'import greeter\ndef main(): print(greeter.greeting)\n');
    put('greet/requirements.txt', '--no-index\n--find-links ../wheels\ngreeter==1.0\n');
    expect((await muster('plugins', 'check', 'greet')).out).toMatch(
      /greeter, which requirements\.txt names, is not in vendor: run `muster plugins vendor greet`/,
    );
    writeWheel('greeter', '1.0', 'greeting = "hello from the wheel"\n');
    const filled = await muster('plugins', 'vendor', 'greet');
    expect([filled.code, filled.out]).toEqual([0, expect.stringMatching(/^ok +depends on +greeter 1\.0, which go along/)]);
    expect((await muster('plugins', 'push', 'greet')).code).toBe(0);
    expect(await outputOn('greet')).toContain('hello from the wheel');
  });

  it('that declares nothing has nothing to fetch', async () => {
    put('plain/plugin.json', manifest('plain', 'bash', 'main.sh'));
    expect((await muster('plugins', 'vendor', 'plain')).err).toMatch(
      /plain declares nothing: there is no package\.json and no requirements\.txt/,
    );
  });
});

describe('the plugin sql, from its bundle alone', () => {
  it.each(['postgres', 'mysql'])('has its driver for %s', async (engine) => {
    const url = (await closedUrl()).replace('http', engine);
    const args = JSON.stringify({ url, sql: 'SELECT 1' });
    expect((await muster('plugins', 'run', join(root, 'plugins/sql'), 'query', '--args', args)).err).toMatch(
      /connect ECONNREFUSED/,
    );
  });

  it('has SQLite of Node itself', async () => {
    const args = JSON.stringify({ url: 'sqlite::memory:', sql: 'SELECT 40 + ? AS n', params: [2] });
    const { out } = await muster('plugins', 'run', join(root, 'plugins/sql'), 'query', '--args', args, '--json');
    expect(JSON.parse(out)).toMatchObject({ outcome: 'succeeded', data: { rows: [{ n: 42 }] } });
  });
});

/** A wheel with one module, as a package index would have it. */
function writeWheel(name: string, version: string, source: string): void {
  mkdirSync(join(cwd, 'wheels'), { recursive: true });
  const info = `${name}-${version}.dist-info`;
  const files = {
    [`${name}.py`]: source,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: '',
  };
  const program =
    'import sys, json, zipfile\nz = zipfile.ZipFile(sys.argv[1], "w")\nfor n, t in json.loads(sys.argv[2]).items(): z.writestr(n, t)\nz.close()\n';
  const wheel = join(cwd, `wheels/${name}-${version}-py3-none-any.whl`);
  const { status, stderr } = spawnSync('python3', ['-c', program, wheel, JSON.stringify(files)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}
