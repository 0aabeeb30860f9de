import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';

const isRoot = process.geteuid?.() === 0;
let bash: BundledPlugin;

beforeAll(() => {
  bash = createBundledPlugin(import.meta.dirname);
});
afterAll(() => bash.close());

describe('bash', () => {
  it('runs its examples', () => bash.runExamples());

  it('runs a script with arguments and variables, by name or by position', async () => {
    const script = 'if [[ $# -gt 0 ]]; then\r\n  printf "<%s>" "$@" "$A"\r\nfi\r\n';
    expect(await bash.run({ script, args: ['a b', '*'], env: { A: '1' } })).toMatchObject({
      outcome: 'succeeded',
      out: '<a b><*><1>',
    });
    expect(await bash.run([script, 'x'])).toMatchObject({ out: '<x><>' });
  });

  it('runs a file of the host', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-bash-'));
    writeFileSync(join(folder, 'there.sh'), 'echo "$0 in $PWD"; exit 4');
    const end = await bash.run({ file: './there.sh', cwd: folder, successExitCodes: [0, 4] });
    expect(end).toMatchObject({ outcome: 'succeeded', exitCode: 4, out: `./there.sh in ${folder}\n` });
    await rm(folder, { recursive: true });
  });

  it('wants either a script or a file', async () => {
    expect(await bash.run({ script: 'true', file: '/x' })).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('not both'),
    });
  });

  it('gives it its input, and takes the interpreter that is named', async () => {
    expect(await bash.run({ script: 'cat', stdin: 'in', interpreter: '/bin/bash' })).toMatchObject({
      outcome: 'succeeded',
      out: 'in',
    });
    expect(await bash.run({ script: 'x', interpreter: '/no/such/program' })).toMatchObject({
      outcome: 'failed',
      message: 'The interpreter /no/such/program was not found on this host.',
    });
  });

  (isRoot ? it : it.skip)(`runs as another user${isRoot ? '' : ' (NOT TESTED: this needs root)'}`, async () => {
    const end = await bash.run({ script: 'echo $(id -un) "$1"', user: 'nobody', args: ['a b'] });
    expect([end.err, end.out.trim()]).toEqual(['', 'nobody a b']);
  });
});
