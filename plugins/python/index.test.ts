import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';

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
});
