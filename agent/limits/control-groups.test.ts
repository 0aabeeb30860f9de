import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { canMakeControlGroups, type DelegatedGroup, makeDelegatedGroup } from '../../tests/support/control-groups.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { createJobBench, type JobBench } from '../../tests/support/jobs.ts';
import { openCgroups } from './cgroups.ts';

/** With the kernel's own control groups; what is tried of them everywhere is in cgroups.test.ts. */
const why = canMakeControlGroups ? '' : ' (NOT TESTED: it needs root and cgroup v2 with cpu, memory and pids)';
const withGroups = canMakeControlGroups ? test : test.skip;

const idsIn = (group: string): number[] => readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').map(Number);

describe('the group of an agent', () => {
  let group: DelegatedGroup;
  beforeEach(() => {
    if (canMakeControlGroups) group = makeDelegatedGroup(`muster-own-${process.pid}`);
  });
  afterEach(() => group?.dispose());

  withGroups(`is left by the agent and by what it has started before${why}`, async () => {
    const { pid, child } = await group.addAgent();
    const { holds } = openCgroups({ root: '/sys/fs/cgroup', membership: group.membership, pid });
    expect([...holds].sort()).toEqual(['cpuPercent', 'memoryMb', 'processes']);
    expect(idsIn(join(group.path, 'muster-agent'))).toEqual(expect.arrayContaining([pid, child]));
  });

  withGroups(`is left as it was when others run in it${why}`, async () => {
    const { pid, child } = await group.addAgent();
    const other = await group.addAgent();
    expect(openCgroups({ root: '/sys/fs/cgroup', membership: group.membership, pid }).holds.size).toBe(0);
    expect(idsIn(group.path)).toEqual(expect.arrayContaining([pid, child, other.pid, other.child]));
    expect(existsSync(join(group.path, 'muster-agent'))).toBe(false);
  });
});

describe('a job in a control group', () => {
  let group: DelegatedGroup;
  let bench: JobBench;
  beforeAll(() => {
    if (!canMakeControlGroups) return;
    group = makeDelegatedGroup(`muster-jobs-${process.pid}`);
    const cgroups = () => openCgroups({ root: '/sys/fs/cgroup', membership: group.membership, pid: 0 });
    bench = createJobBench({ cgroups });
  });
  afterAll(async () => {
    await bench?.close();
    await group?.dispose();
  });
  const script = (text: string) => bench.plugin({ 'main.sh': text });
  const groupsLeft = () => readdirSync(group.path).filter((name) => name.startsWith('muster-job-'));

  withGroups(
    `is ended over its memory, and told so${why}`,
    async () => {
      const hungry = bench.plugin({ 'main.py': 'def main():\n    block = bytearray(200_000_000)\n    return len(block)\n' });
      const end = await bench.run(hungry, { limits: { memoryMb: 64 } });
      expect(end).toMatchObject({ outcome: 'failed', log: '' });
      expect(end.message).toMatch(/^It used more memory than its limit of 64 MiB, and the system ended it\. /);
      expect(await bench.run(hungry, { limits: { memoryMb: 400 } })).toMatchObject({ outcome: 'succeeded', data: 200_000_000 });
    },
    60_000,
  );

  withGroups(
    `shares its memory among all of its processes${why}`,
    async () => {
      const many = script(`for i in 1 2 3 4; do head -c 30m /dev/zero | tail -c 30m | cat > /dev/null & done; wait; echo done`);
      const end = await bench.run(many, { limits: { memoryMb: 32 } });
      expect(end.message).toContain('limit of 32 MiB');
    },
    60_000,
  );

  withGroups(
    `of node is ended over the memory of its process, and not the agent${why}`,
    async () => {
      const plugin = bench.plugin({
        'index.js': `export function main() { const kept = []; for (;;) kept.push(Buffer.alloc(1_000_000, 1)); }`,
      });
      const end = await bench.run(plugin, { limits: { memoryMb: 128 } });
      expect(end).toMatchObject({ outcome: 'failed', message: expect.stringContaining('limit of 128 MiB') });
    },
    60_000,
  );

  withGroups(
    `gets no more processor than its limit${why}`,
    async () => {
      const count = script(
        'n=0; end=$((SECONDS + 2)); while [ $SECONDS -lt $end ]; do n=$((n + 1)); done; cat "/sys/fs/cgroup$(sed s/^0::// /proc/self/cgroup)/cpu.stat"',
      );
      const end = await bench.run(count, { limits: { cpuPercent: 10 } });
      expect(end.outcome).toBe('succeeded');
      expect(Number(/nr_throttled (\d+)/.exec(end.out)?.[1])).toBeGreaterThan(0);
    },
    60_000,
  );

  withGroups(
    `starts no more processes than its limit, and is told so${why}`,
    async () => {
      const forks = bench.plugin({
        'main.py': 'import subprocess\ndef main():\n    for i in range(50):\n        subprocess.Popen(["sleep", "600"])\n',
      });
      const end = await bench.run(forks, { limits: { processes: 20 } });
      expect(end.message).toMatch(/^It wanted more processes than its limit of 20\. BlockingIOError/);
    },
    60_000,
  );

  withGroups(
    `leaves no group behind, nor what has got away from its tree${why}`,
    async () => {
      const away = script('(env -i setsid sh -c "echo \\$\\$; exec sleep 600" &) ; sleep 0.2');
      const end = await bench.run(away, { limits: { processes: 50 } });
      await eventually('it is gone', () => !existsSync(`/proc/${end.out.trim()}`));
      await bench.run(script('true'), { limits: { processes: 50 } });
      await eventually('its group is gone', async () => {
        await bench.run(script('true'), { limits: { processes: 50 } });
        return groupsLeft().length <= 1;
      });
    },
    60_000,
  );
});
