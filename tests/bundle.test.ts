import { type ChildProcess, execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import packageJson from '../package.json' with { type: 'json' };
import { type BareNetwork, makeBareNetwork, whyNoBareNetwork } from './support/bare-network.ts';
import { compiledAgent, makeBareFolder } from './support/compiled-agent.ts';
import { eventually } from './support/eventually.ts';
import { processesWith } from './support/processes.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const platform = `${process.platform}-${process.arch}`;
const archive = `muster-${packageJson.version}-${platform}.tar.gz`;
const why =
  process.platform !== 'linux'
    ? ' (NOT TESTED: this takes Linux)'
    : compiledAgent === undefined
      ? ' (NOT TESTED: there is no executable here; npm run build:agent -- --quick makes it)'
      : '';
const whyNoNetwork = whyNoBareNetwork();
const inNetwork = whyNoNetwork === undefined ? it : it.skip;
const patienceMs = 120_000;

(why === '' ? describe : describe.skip)(`the bundle${why}`, () => {
  let folder: string;
  let files: string[];

  const bundle = (out: string, ...flags: string[]) =>
    run(process.execPath, [join(root, 'scripts/bundle.ts'), '--quick', '--out', out, ...flags], {
      cwd: tmpdir(),
      env: { ...process.env, NODE_OPTIONS: '', MUSTER_COMMIT: 'a1b2c3', SOURCE_DATE_EPOCH: '1700000000' },
    });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-bundle-'));
    await bundle(folder);
    files = execFileSync('tar', ['-tzf', join(folder, archive)], { encoding: 'utf8' })
      .trim()
      .split('\n');
  }, patienceMs);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(
    'is the same each time',
    async () => {
      const again = join(folder, 'again');
      await bundle(again);
      expect(readFileSync(join(again, archive)).equals(readFileSync(join(folder, archive)))).toBe(true);
    },
    patienceMs,
  );

  it('holds what Muster runs with, and nothing of what it is made with', () => {
    const top = `muster-${packageJson.version}-${platform}/`;
    expect(files.filter((file) => !file.startsWith(top))).toEqual([]);
    const inside = files.map((file) => file.slice(top.length));
    for (const file of [
      'setup_server.sh', 'setup_client.ps1', 'muster', 'bundle.json', 'docs/setup.md', 'plugins/create_incident.py',
      `node_modules/node-${platform}/bin/node`, 'node_modules/.bin/node', `dist/agents/muster-agent-${platform}.gz`, 'server/main.ts', 'LICENSE',
      `node_modules/better-sqlite3/prebuilds/${platform}.node`, 'node_modules/express/LICENSE',
    ]) expect(inside).toContain(file); // biome-ignore format: a list
    const strange = inside.filter((file) =>
      /\.test\.ts$|^tests\/|node_modules\/(jest|typescript|esbuild|@types|@biomejs)\/|\.map$|\.d\.ts$|screenshots/.test(file),
    );
    expect(strange).toEqual([]);
    // npm installs ten thousand, most of them icons
    expect(files.length).toBeLessThan(4000);
  });

  it('is refused for a platform that there is none for, and without executables', async () => {
    await expect(bundle(folder, '--platform', 'vms-vax')).rejects.toMatchObject({
      code: 1,
      stderr: 'bundle: --platform vms-vax: there is no such platform; known are linux-x64, linux-arm64, windows-x64.\n',
    });
    await expect(bundle(folder, '--agents', tmpdir())).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no release.json'),
    });
  });

  inNetwork(
    `sets up a server and an agent where there is no network and no Node${whyNoNetwork === undefined ? '' : ` (NOT TESTED: ${whyNoNetwork})`}`,
    async () => {
      const empty = join(folder, 'empty');
      mkdirSync(empty);
      execFileSync('tar', ['-xzf', join(folder, archive), '-C', empty]);
      const top = join(empty, readdirSync(empty)[0] ?? '');
      const PATH = makeBareFolder(join(folder, 'programs'), programs);
      const network = makeBareNetwork({ PATH, HOME: folder, TMPDIR: folder }, top);
      let server: ChildProcess | undefined;
      try {
        expect((await network.run('sh', '-c', 'command -v node || command -v npm || echo none')).out).toBe('none\n');
        server = network.start('sh', 'setup_server.sh');
        await isUp(server);
        const token = await joinToken(network);

        const line = [
          'setup_client.sh',
          '-ServerUrl',
          'http://127.0.0.1:8000',
          '-Token',
          token,
          '-ClientName',
          'alone',
          '-Tags',
          'bare',
        ];
        const joined = await network.run('sh', ...line);
        expect(joined).toMatchObject({ exitCode: 0, err: '' });
        expect(joined.out).toContain('alone is Online at http://127.0.0.1:8000');
        // the executable of the bundle is the one that the server vouches for
        expect(joined.out).toContain("ok    The server's key has signed what it says of the agent");
        expect(joined.out).not.toContain('Downloading');
        for (const [plugin, script, says] of work) expect(await outputOf(network, plugin, script)).toEqual({ plugin, says });

        // run again, both find that all is there
        expect((await network.run('sh', 'setup_server.sh')).out).toContain('Nothing to do: the server of');
        for (const again of [line, ['setup_client.sh']])
          expect((await network.run('sh', ...again)).out).toContain('Nothing to do: alone is Online');

        expect(await network.run('sh', 'setup_client.sh', '--uninstall')).toMatchObject({ exitCode: 0, err: '' });
        server.kill('SIGTERM');
        expect(await once(server, 'close')).toEqual([0, null]);
        expect(processesWith(empty)).toEqual([]);
      } finally {
        await network.run('sh', 'setup_client.sh', '--uninstall');
        if (server !== undefined && server.exitCode === null) {
          server.kill('SIGTERM');
          await once(server, 'close');
        }
        network.close();
      }
    },
    patienceMs,
  );
});

/** What a small system has besides what the work itself asks for: nothing to download with, and no OpenSSL. */
const programs = [
  'sh', 'bash', 'python3', 'basename', 'base64', 'cat', 'chmod', 'chown', 'cp', 'cut', 'date', 'df', 'dirname', 'env', 'find', 'getconf',
  'grep', 'gzip', 'id', 'ls', 'ln', 'mkdir', 'mktemp', 'mv', 'nohup', 'readlink', 'rm', 'rmdir', 'sed', 'setsid', 'sha256sum', 'sleep',
  'tail', 'tr', 'uname', 'wc',
]; // biome-ignore format: a list

const work = [
  ['bash', 'echo "$((6 * 7)) by bash"', '42 by bash'],
  ['python', 'print(6 * 7, "by python")', '42 by python'],
  ['node', 'console.log(6 * 7, "by node")', '42 by node'],
] as const;

async function isUp(server: ChildProcess): Promise<void> {
  const texts = { out: '', err: '' };
  server.stdout?.on('data', (data) => {
    texts.out += String(data);
  });
  server.stderr?.on('data', (data) => {
    texts.err += String(data);
  });
  await eventually(
    'the server is set up',
    () => texts.out.includes('Ctrl-C stops the server.') || server.exitCode !== null,
    30_000,
  );
  expect(texts.err).toBe('');
  expect(texts.out).toContain('the packages are in the bundle: nothing is downloaded.');
  expect(texts.out).toContain('ok    The server answers at http://127.0.0.1:8000.');
}

/** By the line that the set-up says. */
async function joinToken(network: BareNetwork): Promise<string> {
  const { out } = await network.run('./muster', 'join-token', 'create', '--server', 'http://127.0.0.1:8000', '--json');
  return (JSON.parse(out) as { readonly token: string }).token;
}

async function outputOf(network: BareNetwork, plugin: string, script: string) {
  const { out } = await network.run('./muster', 'run', '--on', 'alone', '--plugin', plugin, '--args', JSON.stringify({ script }));
  return { plugin, says: out.trim() };
}
