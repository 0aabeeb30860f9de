import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { processesWith, uniqueSleep } from '../../tests/support/processes.ts';

const isRoot = process.geteuid?.() === 0;
let shell: BundledPlugin;

beforeAll(() => {
  shell = createBundledPlugin(import.meta.dirname);
});
afterAll(() => shell.close());

describe('shell', () => {
  it('runs its examples', () => shell.runExamples());

  it.each([
    ['a command line by name', { command: 'echo "a  b" | cat; echo no >&2' }],
    ['a command line by position', ['echo "a  b" | cat; echo no >&2']],
    ['words by position, joined as ssh does', ['echo', '"a  b"', '|', 'cat;', 'echo no >&2']],
  ])('takes %s', async (_what, args) => {
    expect(await shell.run(args)).toMatchObject({
      outcome: 'succeeded',
      exitCode: 0,
      data: { exitCode: 0 },
      out: 'a  b\n',
      err: 'no\n',
    });
  });

  it('is judged by the exit code', async () => {
    expect(await shell.run(['exit 3'])).toMatchObject({
      outcome: 'failed',
      reason: 'exit_code',
      exitCode: 3,
      data: { exitCode: 3 },
      message: 'The program ended with exit code 3.',
    });
    expect(await shell.run({ command: 'exit 3', successExitCodes: [3] })).toMatchObject({ outcome: 'succeeded', exitCode: 3 });
    expect(await shell.run(['no-such-command'])).toMatchObject({ exitCode: 127, message: expect.stringContaining('not found') });
    expect(await shell.run(['kill -9 $$'])).toMatchObject({
      outcome: 'failed',
      exitCode: null,
      data: { exitCode: null, signal: 'SIGKILL' },
    });
  });

  it('runs several lines, in its own folder or another, with variables', async () => {
    const end = await shell.run({ command: 'pwd\r\necho $A\r\n', cwd: '/', env: { A: 'x y' } });
    expect(end.out).toBe('/\nx y\n');
    expect(await shell.run(['pwd'])).toMatchObject({ out: expect.stringMatching(/workspaces/) });
  });

  it('takes all that it started along when it is cancelled', async () => {
    const seconds = uniqueSleep();
    const job = shell.start([`(setsid sh -c "sleep ${seconds}; true" &); sleep ${seconds}`]);
    await eventually('both sleep', () => processesWith(`sleep ${seconds}`).length >= 2);
    job.stop('cancel', 5);
    expect(await job.done).toMatchObject({ outcome: 'cancelled' });
    expect(processesWith(seconds)).toEqual([]);
  });

  it('gives it its input, and takes the interpreter that is named', async () => {
    expect(await shell.run({ command: 'cat', stdin: 'in', interpreter: 'bash' })).toMatchObject({
      outcome: 'succeeded',
      out: 'in',
    });
    expect(await shell.run({ command: 'x', interpreter: '/no/such/program' })).toMatchObject({
      outcome: 'failed',
      message: 'The interpreter /no/such/program was not found on this host.',
    });
  });

  (isRoot ? it : it.skip)(`runs as another user${isRoot ? '' : ' (NOT TESTED: this needs root)'}`, async () => {
    const end = await shell.run({ command: 'echo $(id -un) "$1"', user: 'nobody', args: ['a b'] });
    expect([end.err, end.out.trim()]).toEqual(['', 'nobody a b']);
  });

  it('runs a file of the host', async () => {
    expect(await shell.run({ file: '/dev/null' })).toMatchObject({ outcome: 'succeeded' });
    expect(await shell.run({ file: '/dev/null', command: 'true' })).toMatchObject({
      outcome: 'failed',
      message: 'Give either `command` or `file`, not both.',
    });
  });
});
