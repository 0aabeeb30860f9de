import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createJobBench, type JobBench } from '../../tests/support/jobs.ts';
import { isOnPath } from '../../tests/support/processes.ts';

let bench: JobBench;

beforeAll(() => {
  bench = createJobBench();
});
afterAll(() => bench.close());

describe('a bash plugin', () => {
  it('gets its action and positional arguments on the command line, as they are', async () => {
    const end = await bench.run(bench.plugin({ 'plugin.sh': 'printf "<%s>" "$@"' }, { actions: { go: {} } }), {
      action: 'go',
      args: ['a b', '$HOME', '', 3, { k: 'v' }],
    });
    expect(end.out).toBe('<go><a b><$HOME><><3><{"k":"v"}>');
  });

  it('gets keyword arguments as JSON in its environment', async () => {
    const end = await bench.run(bench.plugin({ 'plugin.sh': 'echo "$# $MUSTER_ARGS"' }), { args: { k: 'v' } });
    expect(end.out).toBe('1 {"k":"v"}\n');
  });

  it('prints its result on a marked line, and its progress', async () => {
    const text = `echo log; echo '::muster:: {"type":"progress","fraction":1}'; echo '::muster:: {"type":"result","status":"failed","message":"no","data":{"n":1}}'; echo more`;
    expect(await bench.run(bench.plugin({ 'plugin.sh': text }))).toMatchObject({
      outcome: 'failed',
      reason: 'status_failed',
      message: 'no',
      exitCode: 0,
      data: { n: 1 },
      out: 'log\nmore\n',
      progress: [{ fraction: 1, text: '' }],
    });
  });

  it('is told of a marked line that cannot be read', async () => {
    const end = await bench.run(bench.plugin({ 'plugin.sh': "echo '::muster:: oops'" }));
    expect(end).toMatchObject({
      outcome: 'succeeded',
      out: '::muster:: oops\n',
      log: '[muster] A line that bears the mark was taken for log: it is not JSON.\n',
    });
  });

  it('is refused arguments that fit into no environment', async () => {
    const plugin = bench.plugin({ 'plugin.sh': 'true' });
    expect(await bench.run(plugin, { args: ['x'.repeat(130_000)] })).toMatchObject({
      outcome: 'rejected',
      reason: 'args_invalid',
      message: expect.stringContaining('120000'),
    });
    expect(await bench.run(plugin, { args: ['a\0b'] })).toMatchObject({
      outcome: 'rejected',
      reason: 'args_invalid',
      message: expect.stringContaining('NUL'),
    });
  });
});

describe('an exec plugin', () => {
  it('is any program in the bundle', async () => {
    const perl = bench.plugin({ 'bin/plugin': '#!/bin/sh\necho "$1 $2 in $PWD"' });
    const end = await bench.run(perl, { args: ['x'] });
    expect(end).toMatchObject({ outcome: 'succeeded', out: `main x in ${end.job.workspace}\n` });
  });

  it('fails with a sentence when it may not be run or its interpreter is missing', async () => {
    const plain = bench.plugin({ plugin: '#!/bin/sh\n' });
    chmodSync(join(plain.bundleDir, 'plugin'), 0o644);
    expect(await bench.run(plain)).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('not marked as executable'),
    });
    const foreign = bench.plugin({ plugin: '#!/no/such/interpreter\n' });
    expect(await bench.run(foreign)).toMatchObject({
      outcome: 'rejected',
      reason: 'runtime_missing',
      message: expect.stringContaining('The interpreter'),
    });
  });
});

const hasPowershell = isOnPath('pwsh', 'powershell');

(hasPowershell ? describe : describe.skip)(
  `a powershell plugin${hasPowershell ? '' : ' (NOT TESTED: there is no PowerShell on this machine)'}`,
  () => {
    it('gets its action and arguments, and ends as its exit code says', async () => {
      const end = await bench.run(bench.plugin({ 'plugin.ps1': 'Write-Output "$($args -join \',\')"; exit 3' }), {
        args: ['a b'],
      });
      expect(end).toMatchObject({ outcome: 'failed', exitCode: 3, out: expect.stringMatching(/^main,a b\r?\n$/) });
    });

    it('fails on an error that it does not catch', async () => {
      expect(await bench.run(bench.plugin({ 'plugin.ps1': 'throw "no"' }))).toMatchObject({ outcome: 'failed', exitCode: 1 });
    });
  },
);
