import { describe, expect, test } from '@jest/globals';
import { bundleFile, pluginBundle } from './plugin-bundle.ts';

const isPath = (path: string): boolean => bundleFile.safeParse({ path, base64: '' }).success;
const manifest = { name: 'a', runtime: 'node', entry: 'index.js', actions: { main: {} } };
const faultOf = (...paths: string[]): string | undefined =>
  pluginBundle.safeParse({ manifest, files: paths.map((path) => ({ path, base64: '' })) }).error?.issues[0]?.message;

describe('a path inside a bundle', () => {
  test.each(['index.js', 'lib/a b.js', '.env', 'a..b', 'ünïcode/日本.txt', 'console.js', 'communication', 'lib/auxiliary.js'])(
    'may be %j',
    (path) => expect(isPath(path)).toBe(true),
  );

  test.each(['', '/etc/passwd', '..', '../x', 'a/../../x', './a', 'a//b', 'a/', 'a\\b', 'C:/x', 'x'.repeat(201)])(
    'leads nowhere else: not %j',
    (path) => expect(isPath(path)).toBe(false),
  );

  test.each([
    'con',
    'NUL.txt',
    'lib/aux',
    'COM1.js',
    'lpt9',
    'x.',
    'x ',
    'a./b',
    'a:b',
    'a<b',
    'a|b',
    'a?',
    'a\0b',
    'a\nb',
    '\u202etxt.exe',
  ])('means the same on every platform: not %j', (path) => expect(isPath(path)).toBe(false));
});

describe('the files of a bundle', () => {
  test('are told apart on every platform', () => {
    expect(faultOf('index.js', 'INDEX.js')).toBe('Two files have the same path.');
    expect(faultOf('index.js', 'caf\u00e9', 'cafe\u0301')).toBe('Two files have the same path.');
    expect(faultOf('index.js', 'lib/a', 'Lib/b')).toBeUndefined();
  });

  test('are no folders of one another', () => {
    expect(faultOf('index.js', 'index.js/x')).toBe('A file and a folder have the same path.');
    expect(faultOf('index.js', 'a/b', 'A/b/c/d')).toBe('A file and a folder have the same path.');
  });
});
