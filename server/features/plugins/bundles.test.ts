import { describe, expect, it } from '@jest/globals';
import type { BundleFile } from '../../../shared/plugin-bundle.ts';
import { bundleOfFiles, bundleOfSingleFile } from './bundles.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const file = (path: string, text: string): BundleFile => ({ path, executable: false, base64: base64(text) });
const manifest = { name: 'demo', version: '1.2.3', runtime: 'node', entry: 'index.js', actions: { main: {} } };
const manifestFile = (change: object = {}) => file('plugin.json', JSON.stringify({ ...manifest, ...change }));
const index = file('index.js', 'export const main = () => 1;');

describe('a bundle', () => {
  it('has the same hash for the same content, whatever the order of files and the white space of plugin.json', () => {
    const one = bundleOfFiles('demo', [manifestFile(), index, file('lib/a.js', 'a')]);
    const two = bundleOfFiles('demo', [file('lib/a.js', 'a'), index, file('plugin.json', JSON.stringify(manifest, null, 4))]);
    expect(two.sha256).toBe(one.sha256);
    expect(one.bytes).toBe(Buffer.byteLength(one.text));
    expect(one.manifest).toMatchObject({ name: 'demo', description: '' });
    expect(JSON.parse(one.text).files.map(({ path }: BundleFile) => path)).toEqual(['index.js', 'lib/a.js']);
    expect(bundleOfFiles('demo', [manifestFile(), file('index.js', 'other')]).sha256).not.toBe(one.sha256);
  });

  it('makes the entry of a program executable, because not every host has such a mark', () => {
    const made = bundleOfFiles('demo', [manifestFile({ runtime: 'exec', entry: 'run' }), file('run', 'x'), file('other', 'x')]);
    expect(JSON.parse(made.text).files.map(({ executable }: BundleFile) => executable)).toEqual([false, true]);
  });

  it.each<[string, BundleFile[], string]>([
    ['has no plugin.json', [index], 'There is no plugin.json among the files.'],
    ['has a plugin.json that is no JSON', [file('plugin.json', '{'), index], 'plugin.json is not valid JSON'],
    ['has an unknown field', [manifestFile({ nmae: 'x' }), index], 'plugin.json, nmae: The field is not known.'],
    ['has a wrong version', [manifestFile({ version: 'one' }), index], 'plugin.json, version: Use a version such as 1.2.3.'],
    ['has an endless version', [manifestFile({ version: `1.0.0-${'a'.repeat(60)}` }), index], 'at most 64 characters'],
    [
      'has two manifests',
      [manifestFile(), index, file('Plugin.json', '{}')],
      'Two files are called plugin.json: not every platform can tell them apart.',
    ],
    ['has no actions', [manifestFile({ actions: {} }), index], 'Declare at least one action.'],
    ['is called otherwise', [manifestFile({ name: 'other' }), index], 'plugin.json says that the plugin is called "other"'],
    ['lacks its entry', [manifestFile(), file('other.js', '')], 'The entry file index.js is not among the files.'],
    ['reaches outside', [manifestFile(), index, file('../../etc/passwd', '')], 'is relative, with forward slashes, without `..`'],
    ['has a file twice', [manifestFile(), index, file('INDEX.js', '')], 'Two files have the same path.'],
    [
      'has a schema that is none',
      [manifestFile({ actions: { main: { args: { type: 'x' } } } }), index],
      'It is not a JSON Schema',
    ],
    [
      'is too large',
      [manifestFile(), index, file('data', 'x'.repeat(16 * 1024 * 1024))],
      'The bundle has 21.3 MiB; at most 20 MiB',
    ],
    [
      'is nested too deeply',
      [
        file(
          'plugin.json',
          JSON.stringify(manifest).replace('"main":{}', `"main":{"examples":[${'['.repeat(30_000)}${']'.repeat(30_000)}]}`),
        ),
        index,
      ],
      'nested too deeply',
    ],
  ])('is refused when it %s', (_, files, message) => {
    expect(() => bundleOfFiles('demo', files)).toThrow(
      expect.objectContaining({ code: 'plugin_invalid', message: expect.stringContaining(message) }),
    );
  });
});

describe('a plugin of one file', () => {
  const actions = (fileName: string, source: string): string[] =>
    Object.keys(bundleOfSingleFile('demo', fileName, base64(source)).manifest.actions);

  it('has the functions of a Python file as actions, but for private ones', () => {
    expect(
      actions(
        'demo.py',
        'import os\n\ndef main(*args):\n    def inner(): pass\n\nasync def check(host):\n  pass\ndef _private(): pass\nclass A:\n  def method(self): pass\n',
      ).sort(),
    ).toEqual(['check', 'main']);
  });

  it('has the exported functions of a JavaScript or TypeScript file as actions', () => {
    const source = [
      'export async function main(args, context) {}',
      'export function restart() {}',
      'export const stop = async () => {};',
      'export const port: number = 80;',
      'function hidden() {}',
      'export type Args = { a: string };',
      'export { hidden as shown, type Args };',
      'exports.old = function () {};',
    ].join('\n');
    expect(actions('demo.ts', source).sort()).toEqual(['main', 'old', 'restart', 'shown', 'stop']);
  });

  it('always has main, and scripts have nothing else', () => {
    expect(actions('demo.py', 'def check(): pass').sort()).toEqual(['check', 'main']);
    expect(actions('demo.sh', 'def() { echo; }')).toEqual(['main']);
    expect(actions('demo.ps1', 'function Get-It {}')).toEqual(['main']);
  });

  it('is named as its file, which can be run', () => {
    for (const [name, fileName] of [
      ['demo', 'other.py'],
      ['demo', 'demo.txt'],
      ['Demo', 'Demo.py'],
      ['demo', 'a/demo.py'],
    ] as const) {
      expect(() => bundleOfSingleFile(name, fileName, '')).toThrow(expect.objectContaining({ code: 'plugin_invalid' }));
    }
  });
});
