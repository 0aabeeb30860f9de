import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createJobBench } from '../../tests/support/jobs.ts';
import { noCgroups } from './cgroups.ts';
import { limitedCommand } from './limited-command.ts';

/** On a host without control groups; with them: control-groups.test.ts. */
const bench = createJobBench({ cgroups: () => noCgroups });
afterAll(() => bench.close());

const onLinux = process.platform === 'linux' ? test : test.skip;
const script = (text: string) => bench.plugin({ 'main.sh': text });

describe('limits of a job', () => {
  onLinux('hold for open files and for how much it gives way to others', async () => {
    const end = await bench.run(script('ulimit -n; nice'), { limits: { openFiles: 64, nice: 7 } });
    expect(end).toMatchObject({ outcome: 'succeeded', out: '64\n7\n', log: '' });
  });

  onLinux('hold for memory, where there is no control group for each process, and say so', async () => {
    const hungry = bench.plugin({ 'main.py': 'def main():\n    block = bytearray(200_000_000)\n    return len(block)\n' });
    expect(await bench.run(hungry, {})).toMatchObject({ outcome: 'succeeded', data: 200_000_000 });
    const end = await bench.run(hungry, { limits: { memoryMb: 100 } });
    expect(end).toMatchObject({ outcome: 'failed', message: expect.stringContaining('MemoryError') });
  });

  const asOther = process.geteuid?.() === 0 ? onLinux : test.skip;
  asOther(`hold where the agent may not raise them${asOther === test.skip ? ' (NOT TESTED: it needs root)' : ''}`, async () => {
    // what a limit of the service leaves to its work is less than what the task allows
    const limited = limitedCommand('sh', ['-c', 'ulimit -n'], { openFiles: 4096 });
    const sh = `ulimit -n 200 && exec setpriv --reuid 65534 --clear-groups "$@"`;
    const { stdout } = await promisify(execFile)('sh', ['-c', sh, 'sh', limited.file, ...limited.args]);
    expect(stdout).toBe('200\n');
  });

  onLinux('leave the arguments, the exit code and the process as they are', async () => {
    const end = await bench.run(script('echo "$1|$2|$$"; exit 7'), { args: ['a b', '$(x)'], limits: { nice: 1 } });
    expect(end).toMatchObject({ outcome: 'failed', exitCode: 7, out: `main|a b|${end.process?.pid}\n` });
  });

  onLinux('give a node plugin a process of its own, under them', async () => {
    const plugin = bench.plugin({
      'index.js': `import { getPriority } from 'node:os'; let calls = 0;
export const main = () => ({ nice: getPriority(), calls: (calls += 1), pid: process.pid });`,
    });
    const limited = { limits: { nice: 5, memoryMb: 512 } };
    const first = await bench.run(plugin, limited);
    const second = await bench.run(plugin, limited);
    expect(first.data).toMatchObject({ nice: 5, calls: 1 });
    expect(second.data).toMatchObject({ nice: 5, calls: 1 });
    const free = await bench.run(plugin, {});
    expect(free.data).toMatchObject({ nice: 0, calls: 1 });
    expect((free.data as { pid: number }).pid).not.toBe((second.data as { pid: number }).pid);
  });

  onLinux('hold for the memory of a node plugin and of what it starts', async () => {
    const plugin = bench.plugin({
      'index.js': `export async function main(args, { spawn }) {
  const { exitCode } = await spawn('python3', ['-c', 'bytearray(300_000_000)']);
  return { exitCode };
}
export function grow() { const kept = []; for (;;) kept.push(new Array(100_000).fill(kept.length)); }`,
    });
    const limits = { limits: { memoryMb: 100 } };
    expect((await bench.run(plugin, {})).data).toEqual({ exitCode: 0 });
    const spawned = await bench.run(plugin, limits);
    expect(spawned).toMatchObject({ data: { exitCode: expect.anything() } });
    expect(spawned.data).not.toEqual({ exitCode: 0 });
    const grown = await bench.run(plugin, { ...limits, action: 'grow' });
    expect(grown.outcome).toBe('failed');
    expect(grown.message).toMatch(/memory|SIGABRT|SIGTRAP|134/);
  });

  onLinux('that the host cannot enforce are named in the log', async () => {
    const end = await bench.run(script('true'), { limits: { cpuPercent: 50, processes: 10 } });
    expect(end.log).toBe(
      '[muster] Not enforced on this host: cpuPercent, processes. That takes a control group (cgroup v2) of the agent.\n',
    );
    expect(end.outcome).toBe('succeeded');
  });

  test('that nobody set change nothing', async () => {
    expect(await bench.run(script('echo plain'), {})).toMatchObject({ outcome: 'succeeded', out: 'plain\n', log: '' });
  });
});
