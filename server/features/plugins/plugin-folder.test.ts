import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { PluginBundle } from '../../../shared/plugin-bundle.ts';
import { createPluginFolder, type FolderContent } from './plugin-folder.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-plugins-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(dir, path)), { recursive: true });
  await writeFile(join(dir, path), text);
}
const manifest = (name: string) =>
  JSON.stringify({ name, version: '1.0.0', runtime: 'node', entry: 'index.js', actions: { main: {} } });
const names = (content: FolderContent | undefined) => content?.plugins.map((made) => made.manifest.name);
const problems = (content: FolderContent | undefined) => content?.problems.map(({ path, message }) => `${path}: ${message}`);

describe('the plugins folder', () => {
  it('holds folders with a plugin.json, and single files', async () => {
    await put('web/plugin.json', manifest('web'));
    await put('web/index.js', 'export const main = () => 1;');
    await put('web/lib/tool.js', 'x');
    await put('check.py', 'def main(): pass');
    await put('clean.sh', 'echo');
    await put('README.md', '# no plugin');
    const content = await createPluginFolder(dir).read();
    expect(names(content)).toEqual(['check', 'clean', 'web']);
    expect(problems(content)).toEqual([]);
  });

  it('leaves out what editors, tests and interpreters leave behind, but not what was vendored', async () => {
    await put('web/plugin.json', manifest('web'));
    for (const path of [
      'index.js',
      'index.test.ts',
      '.env',
      '.git/config',
      '__pycache__/a.pyc',
      'b.pyc',
      'index.js~',
      'node_modules/dep/index.js',
      'node_modules/.bin/dep',
    ]) {
      await put(`web/${path}`, 'x');
    }
    for (const path of ['check.test.ts', '.hidden.py', 'node_modules/dep/index.js', 'types.d.ts', '__pycache__/check.pyc'])
      await put(path, 'x');
    await chmod(join(dir, 'web/index.js'), 0o755);
    const content = await createPluginFolder(dir).read();
    expect([names(content), problems(content)]).toEqual([['web'], []]);
    const { files } = JSON.parse(content?.plugins[0]?.text ?? '') as PluginBundle;
    expect(files.map(({ path, executable }) => [path, executable])).toEqual([
      ['index.js', true],
      ['node_modules/dep/index.js', false],
    ]);
  });

  it('takes along what a plugin depends on, and sees when that changes', async () => {
    await put('web/plugin.json', manifest('web'));
    await put('web/index.js', 'x');
    await put('web/package.json', '{"dependencies": {"left": "1.0.0"}}');
    const folder = createPluginFolder(dir);
    expect(problems(await folder.read())).toEqual([
      expect.stringMatching(/^web: left, which package\.json needs, is not installed: run `npm install` in .*\/web\.$/),
    ]);
    await put('node_modules/left/package.json', '{"name": "left", "version": "1.0.0"}');
    await put('node_modules/left/index.js', 'x');
    const first = (await folder.read())?.plugins[0];
    const { files } = JSON.parse(first?.text ?? '') as PluginBundle;
    expect(files.map(({ path }) => path)).toContain('node_modules/left/index.js');
    await put('node_modules/left/index.js', 'edited');
    expect((await folder.read())?.plugins[0]?.sha256).not.toBe(first?.sha256);
  });

  it('is not spoilt by what is broken in it: that is told, and the rest is there', async () => {
    await put('good.py', 'def main(): pass');
    await put('no-manifest/index.js', 'x');
    await put('broken/plugin.json', '{"name":');
    await put('renamed/plugin.json', manifest('other'));
    await put('renamed/index.js', 'x');
    await put('Upper.py', 'x');
    await put('good.sh', 'echo');
    await put('large/plugin.json', manifest('large'));
    await put('large/index.js', 'x'.repeat(17 * 1024 * 1024));
    const content = await createPluginFolder(dir).read();
    expect(names(content)).toEqual(['good']);
    expect(problems(content)).toEqual([
      expect.stringContaining('Upper.py: "Upper" cannot be the name of a plugin'),
      expect.stringContaining('broken: plugin.json is not valid JSON'),
      expect.stringContaining('good.sh: Another plugin in the folder is called "good" already'),
      expect.stringContaining('large: Its files are larger than 15 MiB together'),
      expect.stringContaining('no-manifest: There is no plugin.json'),
      expect.stringContaining('renamed: plugin.json says that the plugin is called "other"'),
    ]);
  });

  it('follows no link out of it, and waits for no pipe', async () => {
    await writeFile(`${dir}-outside.py`, 'def main(): pass');
    await symlink(`${dir}-outside.py`, join(dir, 'link.py'));
    await symlink(tmpdir(), join(dir, 'linked'));
    await put('inside/plugin.json', manifest('inside'));
    await symlink('/etc/passwd', join(dir, 'inside/index.js'));
    execFileSync('mkfifo', [join(dir, 'pipe.py')]);
    const content = await createPluginFolder(dir).read();
    await rm(`${dir}-outside.py`);
    expect(names(content)).toEqual([]);
    expect(problems(content)).toEqual([
      expect.stringContaining('inside: index.js is a symbolic link'),
      expect.stringContaining('link.py: link.py is a symbolic link'),
      expect.stringContaining('linked: linked is a symbolic link'),
      expect.stringContaining('pipe.py: pipe.py is not a regular file'),
    ]);
  });

  it('is read again only where a file has changed', async () => {
    await put('a.py', 'def main(): pass');
    await put('b.py', 'def main(): pass');
    const folder = createPluginFolder(dir);
    const before = await folder.read();
    await put('b.py', 'def main(): return 1');
    const after = await folder.read();
    expect(after?.plugins[0]).toBe(before?.plugins[0]);
    expect(after?.plugins[1]?.sha256).not.toBe(before?.plugins[1]?.sha256);
    await rm(join(dir, 'a.py'));
    expect(names(await folder.read())).toEqual(['b']);
  });

  it('may be missing', async () => {
    expect(await createPluginFolder(join(dir, 'nowhere')).read()).toBeUndefined();
  });
});
