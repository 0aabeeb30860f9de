import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../tests/support/eventually.ts';
import { createJobBench, type JobBench, type StartedJob } from '../../tests/support/jobs.ts';
import { processesWith, uniqueSleep } from '../../tests/support/processes.ts';

let bench: JobBench;

beforeAll(() => {
  bench = createJobBench();
});
afterAll(() => bench.close());

const script = (text: string) => bench.plugin({ 'plugin.sh': text });

/** Starts a script, waits until so many sleepers of it are there. */
async function startSleepers(
  text: string,
  count: number,
  seconds: string,
  job: { graceSeconds?: number; timeoutSeconds?: number } = {},
): Promise<StartedJob> {
  const started = bench.start(script(text), job);
  await eventually(
    `${count} sleepers`,
    () =>
      // its mark is read after it was started
      started.heard.process !== undefined &&
      processesWith(`sleep ${seconds}`).filter((pid) => pid !== started.heard.process?.pid).length >= count,
  );
  return started;
}

describe('a stop', () => {
  it('reaches a sleep inside a bash inside a bash', async () => {
    const seconds = uniqueSleep();
    const job = await startSleepers(`bash -c "bash -c 'sleep ${seconds}; true'; true"; true`, 1, seconds);
    job.stop('cancel', 5);
    expect(await job.done).toMatchObject({ outcome: 'cancelled', reason: 'cancel_requested', data: null });
    expect(processesWith(seconds)).toEqual([]);
  });

  it('reaches children that left the process group, the session and their parent', async () => {
    const seconds = uniqueSleep();
    const escapes = [
      `setsid sleep ${seconds} &`,
      `(setsid bash -c 'sleep ${seconds} & disown' &)`,
      `bash -c '(sleep ${seconds} &) ; true'`,
    ];
    const job = await startSleepers(`${escapes.join('\n')}\nsleep ${seconds}`, 4, seconds);
    job.stop('cancel', 5);
    expect(await job.done).toMatchObject({ outcome: 'cancelled' });
    expect(processesWith(seconds)).toEqual([]);
  });

  it('reaches a child that threw its environment away, and what that one started', async () => {
    const seconds = uniqueSleep();
    const job = await startSleepers(`env -i setsid bash -c '(sleep ${seconds} &); sleep ${seconds}' & wait`, 2, seconds);
    job.stop('cancel', 5);
    await job.done;
    expect(processesWith(seconds)).toEqual([]);
  });

  it('is polite first', async () => {
    const job = bench.start(script('trap "echo tidied up; exit 0" TERM; echo ready; while :; do sleep 0.05; done'));
    await eventually('it listens', () => job.heard.out.includes('ready'));
    job.stop('cancel', 30);
    expect(await job.finished).toMatchObject({
      outcome: 'cancelled',
      exitCode: 0,
      out: 'ready\ntidied up\n',
      message: expect.stringContaining('when it was asked'),
    });
  });

  it('kills after the grace time what traps the request and forks ten sleepers', async () => {
    const seconds = uniqueSleep();
    const tree = `trap "" TERM\nfor i in 1 2 3 4 5 6 7 8 9 10; do (trap "" TERM; sleep ${seconds} & wait) & done\necho ready\nwait`;
    const job = await startSleepers(tree, 10, seconds);
    job.stop('cancel', 0.3);
    expect(await job.finished).toMatchObject({
      outcome: 'cancelled',
      message: 'Cancelled on request. Its process tree was killed.',
    });
    expect(processesWith(seconds)).toEqual([]);
  });

  it('kills what forks faster than it is looked at', async () => {
    const seconds = uniqueSleep();
    const job = await startSleepers(`trap "" TERM; while :; do sleep ${seconds} & sleep 0.01; done`, 3, seconds);
    job.stop('cancel', 0.1);
    await job.done;
    expect(processesWith(seconds)).toEqual([]);
  });

  it('may be said twice, and a second time with less patience', async () => {
    const job = bench.start(script('trap "" TERM; echo ready; while :; do sleep 0.05; done'));
    await eventually('it listens', () => job.heard.out.includes('ready'));
    job.stop('cancel', 600);
    job.stop('shutdown', 0);
    expect(await job.done).toMatchObject({ outcome: 'cancelled', reason: 'cancel_requested' });
    job.stop('cancel', 0);
  });

  it('holds for a job that was only just started', async () => {
    const job = bench.start(script('sleep 60'));
    job.stop('given_up', 0);
    expect(await job.done).toMatchObject({ outcome: 'lost', reason: 'given_up' });
  });

  it('of the agent ends every job', async () => {
    const other = createJobBench();
    const seconds = uniqueSleep();
    const job = other.start(other.plugin({ 'a.sh': `sleep ${seconds}; true` }));
    await eventually('it sleeps', () => processesWith(seconds).length > 0);
    await other.close();
    expect(await job.done).toMatchObject({ outcome: 'failed', reason: 'agent_restarted' });
    expect(processesWith(seconds)).toEqual([]);
  });
});

describe('the time limit', () => {
  it('ends the process tree', async () => {
    const seconds = uniqueSleep();
    const end = await bench.run(script(`echo begun; sleep ${seconds} & sleep ${seconds}`), { timeoutSeconds: 0.2 });
    expect(end).toMatchObject({
      outcome: 'timed_out',
      reason: 'time_limit',
      out: 'begun\n',
      message: expect.stringContaining('0.2 s'),
    });
    expect(processesWith(seconds)).toEqual([]);
  });

  it('kills what ignores the request', async () => {
    const end = await bench.run(script('trap "" TERM; while :; do sleep 0.05; done'), { timeoutSeconds: 0.1, graceSeconds: 0.1 });
    expect(end).toMatchObject({ outcome: 'timed_out', message: expect.stringContaining('killed') });
  });
});

describe('what a job leaves in the background', () => {
  it('is ended with it, and named in its log', async () => {
    const seconds = uniqueSleep();
    const end = await bench.run(script(`sleep ${seconds} & setsid sleep ${seconds} > /dev/null 2>&1 &\nsleep 0.1; exit 5`));
    expect(end).toMatchObject({ outcome: 'failed', exitCode: 5 });
    expect(end.log).toMatch(/^\[muster\] Ended 2 processes left behind in the background: sleep \(\d+\), sleep \(\d+\)\.\n$/);
    expect(processesWith(seconds)).toEqual([]);
  });

  it('is killed soon when it does not listen', async () => {
    const seconds = uniqueSleep();
    const end = await bench.run(script(`(trap "" TERM; sleep ${seconds}; sleep ${seconds}) & sleep 0.1`));
    expect(end.outcome).toBe('succeeded');
    expect(processesWith(seconds)).toEqual([]);
  });
});

describe('an orphan of an agent that was killed', () => {
  it('is ended with its whole tree', async () => {
    const seconds = uniqueSleep();
    const job = await startSleepers(`setsid sleep ${seconds} & sleep ${seconds} & wait`, 2, seconds);
    const orphan = { ...job.job, process: job.heard.process };
    expect((await bench.executor.endOrphan(orphan)).found).toHaveLength(3);
    expect(processesWith(seconds)).toEqual([]);
    expect(await bench.executor.endOrphan(orphan)).toEqual({ found: [], left: [] });
    await job.done;
  });

  it('is found by its children when it is gone itself', async () => {
    const seconds = uniqueSleep();
    const job = await startSleepers(`setsid sleep ${seconds} & wait`, 1, seconds);
    const mark = job.heard.process as NonNullable<typeof job.heard.process>;
    process.kill(mark.pid, 'SIGKILL');
    // the root may not have been waited for yet, and `setsid` may not have become `sleep` yet
    expect((await bench.executor.endOrphan({ ...job.job, process: mark })).found.join()).toMatch(/sleep|setsid/);
    expect(processesWith(seconds)).toEqual([]);
    await job.done;
  });

  it('is found by its environment alone, when the agent died before it noted any process, also what does not hear a polite wish', async () => {
    const seconds = uniqueSleep();
    const job = await startSleepers(`(trap "" TERM; setsid sh -c 'trap "" TERM; sleep ${seconds}' & wait) & wait`, 1, seconds);
    expect(await bench.executor.endOrphan({ ...job.job, attempt: 2, process: undefined })).toEqual({ found: [], left: [] });
    const { found, left } = await bench.executor.endOrphan({ ...job.job, process: undefined });
    expect([found.length > 1, left]).toEqual([true, []]);
    expect(processesWith(seconds)).toEqual([]);
    await job.done;
  });

  it('is found among all that the agent started, warm runners included, and those of another agent are left alone', async () => {
    const seconds = uniqueSleep();
    const other = createJobBench();
    const plugin = { 'p.js': 'export const main = () => process.pid;' };
    const runner = (await bench.run(bench.plugin(plugin))).data as number;
    const otherRunner = (await other.run(other.plugin(plugin))).data as number;
    const job = await startSleepers(`setsid sleep ${seconds} & wait`, 1, seconds);
    const { found } = await bench.executor.endStrays();
    expect(found.join()).toContain(`(${runner})`);
    expect(processesWith(seconds)).toEqual([]);
    expect(() => process.kill(otherRunner, 0)).not.toThrow();
    await job.done;
    await other.close();
  });

  it('is not taken for another process that has its pid now, nor after a boot', async () => {
    const job = bench.start(script('echo ready; sleep 60'));
    await eventually('it runs', () => job.heard.out !== '');
    const { pid, startMark } = job.heard.process as NonNullable<typeof job.heard.process>;
    const [boot, ticks] = startMark.split(' ');
    const other = { execution: 'exe_other', attempt: 1 };
    for (const mark of [`${boot} ${Number(ticks) + 1} exe_other 1`, startMark.replace(/^\S+/, 'another-boot')])
      expect(await bench.executor.endOrphan({ ...other, process: { pid, startMark: mark } })).toEqual({ found: [], left: [] });
    expect(() => process.kill(pid, 0)).not.toThrow();
    job.stop('cancel', 0);
    await job.done;
  });
});
