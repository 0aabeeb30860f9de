import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';

const isRoot = process.geteuid?.() === 0;
let python: BundledPlugin;

beforeAll(() => {
  python = createBundledPlugin(import.meta.dirname);
});
afterAll(() => python.close());

describe('python', () => {
  it('runs its examples', () => python.runExamples());

  it('runs a script with arguments, by name or by position', async () => {
    const script = 'import os, sys\nprint(sys.argv[1:], os.environ.get("A"), "€")\n';
    expect(await python.run({ script, args: ['a b'], env: { A: '1' } })).toMatchObject({
      outcome: 'succeeded',
      out: "['a b'] 1 €\n",
    });
    expect(await python.run([script, 'x'])).toMatchObject({ out: "['x'] None €\n" });
  });

  it('fails with the exit code of the script, whose traceback is in the log', async () => {
    const end = await python.run(['raise ValueError("no")']);
    expect(end).toMatchObject({
      outcome: 'failed',
      reason: 'exit_code',
      exitCode: 1,
      err: expect.stringContaining('ValueError: no'),
    });
  });

  it('gives it its input, and takes the interpreter that is named', async () => {
    expect(
      await python.run({ script: 'import sys; sys.stdout.write(sys.stdin.read())', stdin: 'in', interpreter: 'python3' }),
    ).toMatchObject({ outcome: 'succeeded', out: 'in' });
    expect(await python.run({ script: 'x', interpreter: '/no/such/program' })).toMatchObject({
      outcome: 'failed',
      message: 'The interpreter /no/such/program was not found on this host.',
    });
  });

  (isRoot ? it : it.skip)(`runs as another user${isRoot ? '' : ' (NOT TESTED: this needs root)'}`, async () => {
    const end = await python.run({
      script: 'import getpass, sys; print(getpass.getuser(), *sys.argv[1:])',
      user: 'nobody',
      args: ['a b'],
      interpreter: '/usr/bin/python3',
    });
    expect([end.err, end.out.trim()]).toEqual(['', 'nobody a b']);
  });
});
