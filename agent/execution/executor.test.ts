import { existsSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../tests/support/eventually.ts';
import { createJobBench, type JobBench } from '../../tests/support/jobs.ts';

let bench: JobBench;
const secret = 'MUSTER_JOIN_TOKEN';

beforeAll(() => {
  process.env[secret] = 'mjt_secret';
  bench = createJobBench();
});
afterAll(async () => {
  delete process.env[secret];
  await bench.close();
});

const script = (text: string) => bench.plugin({ 'plugin.sh': text });

describe('a job', () => {
  it('runs in a fresh folder of its own, which is removed with all that it left there', async () => {
    const job = bench.start(script('pwd; ls -A | wc -l; mkdir -p deep/er; echo x > deep/er/file; read -r _ < <(sleep 60)'));
    await eventually('it works', () => existsSync(`${job.job.workspace}/deep/er/file`));
    expect(statSync(job.job.workspace).mode & 0o777).toBe(0o700);
    // the file may be there before what was printed ahead of it has come through its pipe
    await eventually('it is heard', () => job.heard.out.split('\n').length > 2);
    expect(job.heard.out).toBe(`${job.job.workspace}\n0\n`);
    job.stop('cancel', 5);
    await job.done;
    expect(existsSync(job.job.workspace)).toBe(false);
  });

  it('starts in an empty folder even if a crash left one of the same name', async () => {
    const plugin = script('ls -A; touch left');
    const { job } = await bench.run(plugin);
    await bench.run(plugin, { workspace: job.workspace });
    expect(await bench.run(plugin, { workspace: job.workspace })).toMatchObject({ outcome: 'succeeded', all: '' });
  });

  it('gets its own environment and nothing of the agent', async () => {
    const end = await bench.run(script('env'), { env: { COLOUR: 'red', MUSTER_ACTION: 'forged' }, args: ['x', 1] });
    expect(end.out).toContain('COLOUR=red\n');
    expect(end.out).toContain('MUSTER_ACTION=main\n');
    expect(end.out).toContain('MUSTER_ARGS=["x",1]\n');
    expect(end.out).toContain(`MUSTER_EXECUTION=${end.job.execution}\n`);
    expect(end.out).not.toContain(secret);
  });

  it('is told of by the process mark before any output', async () => {
    const end = await bench.run(script('echo $$'));
    expect(end.process?.pid).toBe(Number(end.out));
  });

  it('ends as its exit code says', async () => {
    expect(await bench.run(script('exit 0'))).toMatchObject({ outcome: 'succeeded', reason: 'finished', exitCode: 0 });
    expect(await bench.run(script('exit 3'))).toMatchObject({ outcome: 'failed', reason: 'exit_code', exitCode: 3 });
    expect(await bench.run(script('kill -9 $$'))).toMatchObject({
      outcome: 'failed',
      exitCode: null,
      message: expect.stringContaining('SIGKILL'),
    });
    expect(await bench.run(script('bash -c "kill -9 \\$\\$"; exit $?'))).toMatchObject({
      exitCode: 137,
      message: expect.stringContaining('SIGKILL'),
    });
  });
});

describe('output', () => {
  it('need not end with a line end', async () => {
    expect(await bench.run(script('printf one; printf two >&2'))).toMatchObject({ out: 'one', err: 'two' });
  });

  it('may hold any bytes', async () => {
    const end = await bench.run(script(String.raw`printf 'a\xffb\0c\xe2\x82'; printf '\xac\n'`));
    expect(end.out).toBe('a\ufffdb\u2400c€\n');
  });

  it('may be closed long before the end', async () => {
    const end = await bench.run(script('echo early; exec >&- 2>&-; sleep 0.2; exit 4'));
    expect(end).toMatchObject({ out: 'early\n', exitCode: 4 });
  });

  it('waits in the program while the log is full', async () => {
    let held = 0;
    let most = 0;
    let total = 0;
    let drained: (() => void)[] = [];
    const limit = 256 * 1024;
    const drain = setInterval(() => {
      held = 0;
      for (const callback of drained.splice(0)) callback();
    }, 1);
    const { done } = bench.start(
      script('head -c 50000000 /dev/zero | tr "\\0" x'),
      {},
      {
        output(_stream, text) {
          held += text.length;
          total += text.length;
          most = Math.max(most, held);
        },
        isFull: () => held >= limit,
        onDrain: (callback) => drained.push(callback),
      },
    );
    await done;
    clearInterval(drain);
    drained = [];
    expect(total).toBe(50_000_000);
    expect(most).toBeLessThan(limit + 512 * 1024);
  });

  it('of 200 MB passes whole', async () => {
    let total = 0;
    const { done } = bench.start(
      script('head -c 200000000 /dev/zero | tr "\\0" x'),
      {},
      {
        output(_stream, text) {
          total += text.length;
        },
      },
    );
    expect(await done).toMatchObject({ outcome: 'succeeded' });
    expect(total).toBe(200_000_000);
  });
});

describe('a refusal', () => {
  it('names what is missing', () => {
    const path = process.env.PATH;
    process.env.PATH = '/nonexistent';
    const poor = createJobBench();
    process.env.PATH = path;
    const refusalOf = (file: string) => poor.executor.refusal(poor.plugin({ [file]: '' }).manifest, 'main');
    expect(refusalOf('a.py')).toEqual({
      reason: 'runtime_missing',
      message: 'Python 3 was not found on this host: install the package python3.',
    });
    expect(refusalOf('a.sh')).toMatchObject({ reason: 'runtime_missing', message: expect.stringContaining('bash') });
    expect(refusalOf('a.ps1')).toMatchObject({ reason: 'runtime_missing', message: expect.stringContaining('PowerShell') });
    expect(refusalOf('a.js')).toBeUndefined();
    return poor.close();
  });

  it('tells of an unknown action and of another platform', () => {
    const { manifest } = script('true');
    expect(bench.executor.refusal(manifest, 'main')).toBeUndefined();
    expect(bench.executor.refusal(manifest, 'toString')).toMatchObject({
      reason: 'action_unknown',
      message: expect.stringContaining('it has main'),
    });
    expect(bench.executor.refusal({ ...manifest, platforms: ['win32'] }, 'main')).toMatchObject({
      reason: 'platform_unsupported',
    });
  });
});

it('the interpreters of the host are told with their versions', async () => {
  const versions = await bench.executor.runtimes();
  expect(versions).toMatchObject({
    node: process.versions.node,
    bash: expect.stringMatching(/^\d+\.\d+/),
    python: expect.stringMatching(/^3\./),
  });
});
