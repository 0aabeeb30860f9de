import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFiles } from './read-files.ts';
import { walkPlugin } from './walk-plugin.ts';

let root: string;
let folder: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'muster-deps-')));
  folder = join(root, 'plugins/web');
  await put('plugins/web/plugin.json', '{}');
  await put('plugins/web/index.js', "import 'left';");
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function put(path: string, text: string | object): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), typeof text === 'string' ? text : JSON.stringify(text));
}

/** A package with an `index.js` that says where it is. */
async function install(path: string, version: string, more: object = {}): Promise<void> {
  await put(`${path}/package.json`, { name: path.split('node_modules/').at(-1), version, main: 'index.js', ...more });
  await put(`${path}/index.js`, `module.exports = '${version}';`);
}

const declare = (dependencies: object, more: object = {}) => put('plugins/web/package.json', { dependencies, ...more });
const pathsOf = async () => (await walkPlugin(folder)).files.map(({ path }) => path).filter((path) => path.includes('/'));
const faultsOf = async () => (await walkPlugin(folder)).dependencies.faults;

describe('the dependencies of a plugin in node', () => {
  it('go along from where Node finds them, and only those that are declared', async () => {
    await declare({ left: '^1.0.0' }, { devDependencies: { tool: '1.0.0' } });
    await install('node_modules/left', '1.2.0', { dependencies: { right: '1' } });
    await install('plugins/web/node_modules/right', '9.0.0');
    await install('node_modules/right', '1.0.0');
    await install('node_modules/tool', '1.0.0');
    expect(await pathsOf()).toEqual([
      'node_modules/left/index.js',
      'node_modules/left/package.json',
      'node_modules/right/index.js',
      'node_modules/right/package.json',
    ]);
    const { files, dependencies } = await walkPlugin(folder);
    expect(dependencies).toEqual({ packages: ['left 1.2.0', 'right 1.0.0'], native: [], faults: [] });
    const right = (await readFiles(files)).find(({ path }) => path === 'node_modules/right/index.js');
    expect(Buffer.from(right?.base64 ?? '', 'base64').toString()).toContain('1.0.0');
  });

  it('lie so that each finds its own version, however deep and round they need each other', async () => {
    await declare({ a: '1.0.0', b: '1.0.0' });
    await install('node_modules/a', '1.0.0', { dependencies: { b: '2' } });
    await install('node_modules/a/node_modules/b', '2.0.0', { dependencies: { a: '1', c: '1' } });
    await install('node_modules/b', '1.0.0', { dependencies: { c: '1' } });
    await install('node_modules/c', '1.0.0', { dependencies: { b: '1' } });
    expect((await pathsOf()).filter((path) => path.endsWith('package.json'))).toEqual([
      'node_modules/a/package.json',
      'node_modules/b/package.json',
      'node_modules/a/node_modules/b/package.json',
      'node_modules/c/package.json',
    ]);
  });

  it('are the same bundle, whether installed beside the plugin, further up, or through links', async () => {
    await declare({ left: '1.0.0' });
    await install('node_modules/left', '1.0.0', { dependencies: { right: '1' } });
    await install('node_modules/right', '1.0.0');
    await chmod(join(root, 'node_modules/right/index.js'), 0o755);
    const hoisted = await readFiles((await walkPlugin(folder)).files);
    await cp(join(root, 'node_modules'), join(folder, 'node_modules'), { recursive: true });
    await rm(join(root, 'node_modules'), { recursive: true });
    await chmod(join(folder, 'node_modules/right/index.js'), 0o644);
    expect(await readFiles((await walkPlugin(folder)).files)).toEqual(hoisted);
    await mkdir(join(root, 'store/left/node_modules'), { recursive: true });
    await cp(join(folder, 'node_modules'), join(root, 'store/left/node_modules'), { recursive: true });
    await rm(join(folder, 'node_modules'), { recursive: true });
    await mkdir(join(folder, 'node_modules'));
    await symlink(join(root, 'store/left/node_modules/left'), join(folder, 'node_modules/left'));
    expect(await readFiles((await walkPlugin(folder)).files)).toEqual(hoisted);
  });

  it('come without what nobody runs, but with licences and with all that they name themselves', async () => {
    await declare({ left: '1.0.0' });
    await install('node_modules/left', '1.0.0', { exports: { '.': './index.js', './docs': './docs/api.js' } });
    for (const path of [
      'LICENSE.md',
      'lib/docs/part.js',
      'docs/api.js',
      'README.md',
      'index.d.ts',
      'src/index.ts',
      'index.js.map',
    ])
      await put(`node_modules/left/${path}`, 'x');
    for (const path of ['test/a.js', 'a.test.js', '.eslintrc', 'examples/a.js', 'node_modules/stray/index.js'])
      await put(`node_modules/left/${path}`, 'x');
    expect(await pathsOf()).toEqual([
      'node_modules/left/LICENSE.md',
      'node_modules/left/docs/api.js',
      'node_modules/left/index.js',
      'node_modules/left/lib/docs/part.js',
      'node_modules/left/package.json',
    ]);
  });

  it('leave out what is optional and not there, peers that are optional, and mere types', async () => {
    await declare({ left: '1.0.0' }, { optionalDependencies: { maybe: '1' } });
    await install('node_modules/left', '1.0.0', {
      optionalDependencies: { fast: '1' },
      peerDependencies: { native: '1', '@types/node': '*' },
      peerDependenciesMeta: { native: { optional: true } },
    });
    await install('node_modules/native', '1.0.0');
    expect(await faultsOf()).toEqual([]);
    expect(await pathsOf()).toEqual(['node_modules/left/index.js', 'node_modules/left/package.json']);
  });

  it('that are missing or of another version are told with what to do', async () => {
    await declare({ left: '^1.2.0', absent: '1.0.0' });
    await install('node_modules/left', '1.1.0', { dependencies: { deep: '1' } });
    expect(await faultsOf()).toEqual([
      'absent, which package.json needs, is not installed: run `npm install` in plugins/web.',
      'package.json asks for left ^1.2.0, but 1.1.0 is installed: run `npm install` in plugins/web.',
      'deep, which left 1.1.0 needs, is not installed: run `npm install` in plugins/web.',
    ]);
  });

  it('with native code need the one platform that they are for', async () => {
    await declare({ left: '1.0.0' });
    await install('node_modules/left', '1.0.0');
    await put('node_modules/left/build/left.node', 'x');
    expect(await faultsOf()).toEqual([
      expect.stringMatching(/^node_modules\/left\/build\/left\.node is native code.*`platforms`/),
    ]);
    await put('plugins/web/plugin.json', { platforms: ['linux'] });
    expect((await walkPlugin(folder)).dependencies).toMatchObject({ native: ['node_modules/left/build/left.node'], faults: [] });
  });

  it('that change, change the mark, and nothing else does', async () => {
    await declare({ left: '1.0.0' });
    await install('node_modules/left', '1.0.0');
    const before = (await walkPlugin(folder)).mark;
    await put('node_modules/other/index.js', 'x');
    expect((await walkPlugin(folder)).mark).toBe(before);
    await put('node_modules/left/index.js', 'module.exports = "edited";');
    expect((await walkPlugin(folder)).mark).not.toBe(before);
  });

  it('refuse a name that leads elsewhere, and links inside of a package', async () => {
    await declare({ '../../etc': '1' });
    await expect(walkPlugin(folder)).rejects.toThrow('"../../etc" in package.json is not the name of a package.');
    await declare({ left: '1.0.0' });
    await install('node_modules/left', '1.0.0');
    await symlink('/etc/hostname', join(root, 'node_modules/left/lib.js'));
    await expect(walkPlugin(folder)).rejects.toThrow('node_modules/left/lib.js is a symbolic link');
  });

  it('are those of package.json only where there is one: else node_modules is taken as it is', async () => {
    await install('plugins/web/node_modules/left', '1.0.0');
    expect(await pathsOf()).toEqual(['node_modules/left/index.js', 'node_modules/left/package.json']);
    await declare({});
    expect(await pathsOf()).toEqual([]);
  });
});

describe('the dependencies of a plugin in python', () => {
  const vendor = 'plugins/web/vendor';

  it('are the folder vendor, without what differs from host to host', async () => {
    await put(
      'plugins/web/requirements.txt',
      '# a comment\nGreet-Er[fast] >= 1.0 # why\nonly-windows==1 ; sys_platform == "win32"\n',
    );
    await put(`${vendor}/greet_er-1.4.0.dist-info/METADATA`, 'x');
    for (const path of ['greet_er-1.4.0.dist-info/RECORD', 'bin/greet', 'greet_er/__pycache__/a.pyc', 'greet_er/__init__.py'])
      await put(`${vendor}/${path}`, 'x');
    expect((await pathsOf()).sort().reverse()).toEqual([
      'vendor/greet_er/__init__.py',
      'vendor/greet_er-1.4.0.dist-info/METADATA',
    ]);
    expect((await walkPlugin(folder)).dependencies).toEqual({ packages: ['greet_er 1.4.0'], native: [], faults: [] });
  });

  it('that are missing or of another version are told with what to do', async () => {
    await put('plugins/web/requirements.txt', 'absent\nold==2.0\nsame==1.0\n-r more.txt\n');
    await put(`${vendor}/old-1.0.dist-info/METADATA`, 'x');
    await put(`${vendor}/same-1.0.0.dist-info/METADATA`, 'x');
    const fill = 'run `muster plugins vendor web` (it is `pip install --target vendor -r requirements.txt`).';
    expect(await faultsOf()).toEqual([
      `absent, which requirements.txt names, is not in vendor: ${fill}`,
      `requirements.txt asks for old 2.0, but 1.0 is in vendor: ${fill}`,
    ]);
  });

  it('are no matter of a folder that is called vendor and of no requirements', async () => {
    await put(`${vendor}/bin/tool.sh`, 'x');
    expect(await pathsOf()).toEqual(['vendor/bin/tool.sh']);
  });
});

describe('the sql plugin of this repository', () => {
  it('names the drivers that the repository installs, and takes them along without anything native', async () => {
    const repository = join(import.meta.dirname, '../..');
    const read = async (path: string) => JSON.parse(await readFile(join(repository, path), 'utf8'));
    const { dependencies } = await read('plugins/sql/package.json');
    expect((await read('package.json')).dependencies).toMatchObject(dependencies);
    const walked = await walkPlugin(join(repository, 'plugins/sql'));
    expect(walked.dependencies).toMatchObject({ native: [], faults: [] });
    expect(walked.files.length).toBeLessThan(400);
  });
});
