import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';

let node: BundledPlugin;

beforeAll(() => {
  node = createBundledPlugin(import.meta.dirname);
});
afterAll(() => node.close());

describe('node', () => {
  it('runs its examples', () => node.runExamples());

  it.each([
    ['an ES module', 'import { sep } from "node:path"; console.log(sep, process.argv.slice(2), await 1)'],
    ['CommonJS', 'const { sep } = require("node:path"); console.log(sep, process.argv.slice(2), 1)'],
  ])('runs %s with arguments, by name or by position', async (_what, script) => {
    expect(await node.run({ script, args: ['a b'] })).toMatchObject({ outcome: 'succeeded', out: "/ [ 'a b' ] 1\n", err: '' });
    expect(await node.run([script, 'x'])).toMatchObject({ out: "/ [ 'x' ] 1\n" });
  });

  it('fails with the exit code of the script', async () => {
    expect(await node.run(['process.exit(5)'])).toMatchObject({ outcome: 'failed', reason: 'exit_code', exitCode: 5 });
  });
});
