import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeBareFolder } from './support/compiled-agent.ts';
import { isThere, posixShells } from './support/shells.ts';

/** The shell parts of the set-up, with a stand-in for Node and npm: what they ask of them, and what they say when they are not there. */
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'muster-setup-'));
const shells = process.platform === 'linux' ? posixShells(join(folder, 'busybox')) : [];
if (!shells.some(({ name }) => name.startsWith('busybox')))
  console.warn('NOT TESTED: the set-up under busybox, which is not installed.');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scripts = ['setup_server.sh', 'setup_client.sh'] as const;
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pinned = `node_modules/node-linux-${process.arch}/bin/node`;
/** what a Node is asked to run */
const echoing =
  '#!/bin/sh\n[ "$1" != --version ] || { echo v24.21.0; exit; }\nprintf "%s\\n" "$@"\necho "token=$MUSTER_JOIN_TOKEN"\n';

const itWithShellcheck = isThere('shellcheck') ? it : it.skip;
if (!isThere('shellcheck')) console.warn('NOT TESTED: the set-up by shellcheck, which is not installed.');
itWithShellcheck.each(scripts)('%s is without fault to shellcheck, with all that it takes in', (name) => {
  const end = spawnSync('shellcheck', ['-x', '-s', 'sh', name], { cwd: root, encoding: 'utf8' });
  expect(end).toMatchObject({ status: 0, stdout: '' });
});

describe('the scripts for Linux and for Windows', () => {
  const plain = (option: string): string => option.replaceAll('-', '').toLowerCase();
  const optionsOf = (text: string): string[] =>
    [...text.matchAll(/^ {2}--?([A-Za-z-]+)/gm)].map(([, name = '']) => plain(name)).sort();

  it.each(['server', 'client'])('tell the same options: setup_%s', (which) => {
    const posix = optionsOf(read(`setup_${which}.sh`));
    expect(posix.length).toBeGreaterThan(6);
    expect(optionsOf(read(`setup_${which}.ps1`))).toEqual(posix);
  });

  it.each(['server', 'client'])('have the options that they tell: setup_%s.ps1', (which) => {
    const text = read(`setup_${which}.ps1`);
    const parameters = [...text.matchAll(/^ {2}(?:\[string(?:\[\])?\]|\[switch\])\$(\w+)/gm)].map(([, name = '']) => plain(name));
    // `$Host` is a variable of PowerShell itself
    expect(parameters.map((name) => (name === 'listenon' ? 'host' : name)).sort()).toEqual(optionsOf(text));
  });
});

describe.each(shells)('under $name', (shell) => {
  let top: string;
  let places = 0;

  beforeEach(() => {
    places += 1;
    top = join(folder, `${shell.name.replace(' ', '-')} ${places}`);
    for (const name of scripts) put(name, read(name));
    cpSync(join(root, 'scripts/setup/shell'), join(top, 'scripts/setup/shell'), { recursive: true });
    put('package-lock.json', '{}');
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  function put(path: string, text: string): void {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), text);
    if (text.startsWith('#!')) chmodSync(join(top, path), 0o755);
  }
  const install = (node = echoing): void => {
    put(pinned, node);
    put('node_modules/.package-lock.json', '{}');
  };
  /** @param tools programs of this host's own, by their names */
  const run = (
    script: string,
    args: readonly string[],
    { tools = {}, env = {} }: { tools?: Record<string, string>; env?: object } = {},
  ) => {
    const own = join(top, 'tools');
    mkdirSync(own, { recursive: true });
    for (const [name, text] of Object.entries(tools)) put(`tools/${name}`, text);
    const programs = ['sh', 'dirname', 'cat', 'tr', 'sed', 'id', 'uname', 'find', 'chmod', 'touch', 'mkdir', 'cp'];
    const base = join(folder, `programs-${shell.name.length}`);
    if (!existsSync(base)) makeBareFolder(base, programs);
    return new Promise<{ code: number; out: string; err: string }>((done) => {
      const PATH = `${own}:${shell.name === 'dash' ? base : shell.path}`;
      execFile(shell.file, [...shell.args, join(top, script), ...args], { cwd: '/', env: { PATH, ...env } }, (error, out, err) =>
        done({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
      );
    });
  };
  /** what Node was asked, without the lines before it */
  const asked = (out: string): string[] =>
    out
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('ok '));

  it.each(scripts)('%s tells its options', async (script) => {
    const end = await run(script, ['-Help']);
    expect(end).toMatchObject({ code: 0, err: '' });
    expect(end.out).toContain('Exit codes: 0 done');
  });

  it.each([
    ['an option that there is none', ['--prot', '9'], '--prot is no option'],
    ['a word that is no option', ['9000'], '9000 is no option'],
    ['an option with a command in it', ['--port;id'], '--port;id is no option'],
    ['an option without its value', ['--port'], '--port needs a value'],
    ['an empty value', ['--port='], '--port needs a value that is not empty'],
    ['a value for what takes none', ['-Service:yes'], '-Service takes no value'],
  ])('refuses %s', async (_, args, sentence) => {
    install();
    const end = await run('setup_server.sh', args);
    expect(end).toMatchObject({ code: 2, out: '' });
    expect(end.err).toBe(`FAIL  ${sentence}. See --help.\n`);
  });

  it.each([
    ['in the manner of shells', ['--port', '9000', '--data-dir=/srv/my data', '--public-url', 'http://a:1/?b=c', '--service']],
    ['in the manner of PowerShell', ['-Port', '9000', '-DataDir:/srv/my data', '-publicurl', 'http://a:1/?b=c', '-Service']],
  ])('takes options %s', async (_, args) => {
    install();
    const { code, out } = await run('setup_server.sh', args);
    expect(code).toBe(0);
    expect(asked(out)).toEqual([
      join(top, 'scripts/setup-server.ts'), '--port=9000', '--public-url=http://a:1/?b=c', '--data-dir=/srv/my data', '--service', 'token=',
    ]); // biome-ignore format: a list
  });

  it('gives the token on where others cannot see it', async () => {
    install();
    const { out } = await run('setup_client.sh', [
      '-ServerUrl',
      'http://a:1',
      '-Token',
      'mjt_x',
      '-ClientName',
      'web 1',
      '-Tags',
      'a,b=c',
    ]);
    const program = join(top, 'scripts/setup-client.ts');
    expect(asked(out)).toEqual([program, '--server-url=http://a:1', '--client-name=web 1', '--tags=a,b=c', 'token=mjt_x']);
  });

  describe('finds the Node that it needs', () => {
    const node = '#!/bin/sh\necho v20.1.0\n';
    const npm = `#!/bin/sh
echo "$@" >>"$PWD/asked"
mkdir -p "$(dirname ${pinned})" && cp "$PWD/tools/prepared" ${pinned} && touch node_modules/.package-lock.json
`;

    it('by npm, once, and again when the packages have changed', async () => {
      const tools = { node, npm, prepared: echoing };
      expect((await run('setup_server.sh', [], { tools })).out).toContain(
        'ok    Node.js 24.21.0 and the packages are installed.\n',
      );
      expect((await run('setup_server.sh', [], { tools })).out).toContain('are installed already.');
      expect(readFileSync(join(top, 'asked'), 'utf8')).toBe('ci --omit=dev --no-audit --no-fund --loglevel=error\n');
      mkdirSync(join(top, 'node_modules/typescript'));
      utimesSync(join(top, 'package-lock.json'), new Date(), new Date(Date.now() + 60_000));
      expect((await run('setup_server.sh', [], { tools })).code).toBe(0);
      expect(readFileSync(join(top, 'asked'), 'utf8')).toMatch(/\nci --no-audit --no-fund --loglevel=error\n$/);
    });

    it('and says what to install where there is no npm', async () => {
      const end = await run('setup_server.sh', []);
      expect(end.code).toBe(3);
      expect(end.err).toContain('npm is not on the PATH of this host');
      expect(end.err).toContain('apt-get install nodejs npm');
    });

    it('and says so where npm is of a Node that is too old', async () => {
      const end = await run('setup_server.sh', [], { tools: { node: '#!/bin/sh\necho v12.22.9\n', npm } });
      expect(end.code).toBe(3);
      expect(end.err).toContain('The Node.js of this host is v12.22.9');
    });

    it('and says so when npm fails', async () => {
      const end = await run('setup_server.sh', [], { tools: { node, npm: '#!/bin/sh\necho "npm error network" >&2; exit 1\n' } });
      expect(end.code).toBe(3);
      expect(end.err).toContain('npm error network\nFAIL  npm could not install the packages');
    });

    it('without npm if it is told not to ask it', async () => {
      const tools = { node, npm };
      const end = await run('setup_server.sh', ['--skip-env-setup'], { tools });
      expect(end.code).toBe(3);
      expect(end.err).toContain('run this without --skip-env-setup');
      put(pinned, echoing);
      expect((await run('setup_server.sh', ['-SkipEnvSetup'], { tools })).out).toContain('npm is not asked, as you wished');
      expect(existsSync(join(top, 'asked'))).toBe(false);
    });

    it('in a bundle, and refuses that of another platform', async () => {
      put('bundle.json', '{\n  "version": "1.0.0",\n  "platform": "windows-x64"\n}\n');
      const end = await run('setup_server.sh', []);
      expect(end.code).toBe(3);
      expect(end.err).toContain('This is the bundle for windows-x64, and this host is Linux on');
      put(pinned, echoing);
      expect((await run('setup_server.sh', [])).out).toContain('ok    Node.js 24.21.0 and the packages are in the bundle');
    });

    it('and says so when it does not run on this host', async () => {
      install('#!/bin/sh\necho "GLIBC_2.28 not found" >&2; exit 1\n');
      const end = await run('setup_server.sh', []);
      expect(end.code).toBe(3);
      expect(end.err).toContain('Node.js does not run on this host (GLIBC_2.28 not found).');
    });
  });

  it('writes no colours into a file', async () => {
    install();
    expect((await run('setup_server.sh', [], { env: { TERM: 'xterm' } })).out).not.toContain('\u001b');
  });
});
