import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';

const isRoot = process.geteuid?.() === 0;
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

  it('gives it its input, and takes the interpreter that is named', async () => {
    expect(
      await node.run({
        script: 'import fs from "node:fs"; process.stdin.pipe(process.stdout); fs.F_OK;',
        stdin: 'in',
        interpreter: process.execPath,
      }),
    ).toMatchObject({ outcome: 'succeeded', out: 'in' });
    expect(await node.run({ script: 'x', interpreter: '/no/such/program' })).toMatchObject({
      outcome: 'failed',
      message: 'The interpreter /no/such/program was not found on this host.',
    });
  });

  (isRoot ? it : it.skip)(`runs as another user${isRoot ? '' : ' (NOT TESTED: this needs root)'}`, async () => {
    const end = await node.run({
      script: 'import os from "node:os"; console.log(os.userInfo().username, process.argv[2])',
      user: 'nobody',
      args: ['a b'],
    });
    expect([end.err, end.out.trim()]).toEqual(['', 'nobody a b']);
  });

  it.each(['import os from "node:os"; os.EOL;', 'require("node:os");'])(
    'takes input and either kind of module: %s',
    async (script) => {
      const end = await node.run({
        script: `${script} process.stdin.on('data', (text) => console.log(String(text)))`,
        stdin: 'in',
      });
      expect(end).toMatchObject({ outcome: 'succeeded', out: 'in\n', err: '' });
    },
  );
});
