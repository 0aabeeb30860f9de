import { describe, expect, it } from '@jest/globals';
import type { PluginBundle } from '../../../shared/plugin-bundle.ts';
import { bundleDiff } from './bundle-diff.ts';

const bundle = (files: Record<string, string>): PluginBundle => ({
  manifest: { name: 'p', version: '1.0.0', description: '', runtime: 'bash', entry: 'a.sh', actions: { main: {} } },
  files: Object.entries(files).map(([path, text]) => ({ path, executable: false, base64: Buffer.from(text).toString('base64') })),
});

describe('what is different between two bundles', () => {
  it('is told file by file, by path', async () => {
    const before = bundle({ 'a.sh': 'one\n', 'b.sh': 'same\n', 'c.bin': '\0' });
    const after = bundle({ 'a.sh': 'two\n', 'b.sh': 'same\n', 'c.bin': '\0\0', 'd.sh': 'new\n' });
    expect(await bundleDiff(before, after)).toEqual([
      { path: 'a.sh', change: 'changed', added: 1, removed: 1, patch: '@@ -1,1 +1,1 @@\n-one\n+two\n' },
      { path: 'c.bin', change: 'changed', added: null, removed: null, patch: null },
      { path: 'd.sh', change: 'added', added: 1, removed: 0, patch: '@@ -0,0 +1,1 @@\n+new\n' },
    ]);
  });

  it('is named without its lines once the time for it is up, and others have their turn meanwhile', async () => {
    const paths = ['a.sh', 'b.sh', 'c.sh'];
    const of = (text: string): PluginBundle => bundle(Object.fromEntries(paths.map((path) => [path, text])));
    let time = 0;
    let turns = 0;
    const others = (): void => {
      turns += 1;
      if (turns < 3) setImmediate(others);
    };
    setImmediate(others);
    const files = await bundleDiff(of('one\n'), of('two\n'), () => (time += 1_000));
    expect(files.map(({ path, patch }) => [path, patch !== null])).toEqual([
      ['a.sh', true],
      ['b.sh', true],
      ['c.sh', false],
    ]);
    expect(turns).toBe(3);
  });
});
