import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResourceLimits } from '../../shared/resource-limits.ts';
import { enableControllers } from './cgroup-controllers.ts';

/**
 * Groups of cgroup v2, one per limited job, below the group of the agent. That takes a group which was delegated to it: by systemd with
 * `Delegate=yes`, or the root of a container. A group with controllers for its children may hold no process itself, so the agent moves
 * itself, and what it started, into a child first.
 */
export type Cgroups = {
  /** which limits a group can hold here; none where there is no group to be had */
  readonly holds: ReadonlySet<keyof ResourceLimits>;
  /** @throws when it cannot be made */
  open(name: string, limits: ResourceLimits): Cgroup;
};

export type Cgroup = {
  /** a process joins by writing its id to this file */
  readonly joinFile: string;
  /** the system has ended a process of it for want of memory */
  wasOutOfMemory(): boolean;
  /** a process of it could not be started, because there were as many as may be */
  wasOutOfProcesses(): boolean;
  /** Ends what of it still runs, however it has got away from its tree. What the kernel needs longer for goes when the next one is opened. */
  remove(): void;
};

const controllerOf = { memoryMb: 'memory', cpuPercent: 'cpu', processes: 'pids' } as const;
const periodMicroseconds = 100_000;
const ownGroup = 'muster-agent';
const jobGroup = 'muster-job-';
export const noCgroups: Cgroups = {
  holds: new Set(),
  open() {
    throw new Error('There are no control groups here.');
  },
};

export type CgroupResources = {
  /** where cgroup v2 is mounted */
  readonly root: string;
  /** the text of `/proc/self/cgroup` */
  readonly membership: string;
  readonly pid: number;
};

/** Takes the group of the agent into use. Whatever does not work out means that there are no groups here. */
export function openCgroups({ root, membership, pid }: CgroupResources): Cgroups {
  const path = /^0::(\/.*)$/m.exec(membership)?.[1];
  if (path === undefined) return noCgroups;
  const base = join(root, path.endsWith(`/${ownGroup}`) ? path.slice(0, -ownGroup.length) : path);
  // where cgroup v1 has the controllers, this tells of a group of v2 that is mounted elsewhere and holds none
  if (!existsSync(base)) return noCgroups;
  let enabled: ReadonlySet<string>;
  try {
    enabled = enableControllers({ base, own: join(base, ownGroup), pid, wanted: Object.values(controllerOf) });
  } catch {
    return noCgroups;
  }
  /** of jobs that have ended: of this agent, and of one before it */
  const left = new Set(readdirSync(base).filter((entry) => entry.startsWith(jobGroup)));
  const clearLeft = (): void => {
    for (const name of left) if (isRemoved(join(base, name))) left.delete(name);
  };
  clearLeft();
  const holds = (Object.keys(controllerOf) as (keyof typeof controllerOf)[]).filter((limit) => enabled.has(controllerOf[limit]));
  return {
    holds: new Set(holds),
    open(name, limits) {
      clearLeft();
      const group = join(base, jobGroup + name);
      mkdirSync(group);
      try {
        setLimits(group, limits, holds);
      } catch (error) {
        rmdirSync(group);
        throw error;
      }
      return {
        joinFile: join(group, 'cgroup.procs'),
        wasOutOfMemory: () => countIn(join(group, 'memory.events'), 'oom_kill') > 0,
        wasOutOfProcesses: () => countIn(join(group, 'pids.events'), 'max') > 0,
        remove() {
          if (!isRemoved(group)) left.add(jobGroup + name);
        },
      };
    },
  };
}

function setLimits(group: string, limits: ResourceLimits, holds: readonly (keyof ResourceLimits)[]): void {
  const set = (file: string, value: string | number): void => writeFileSync(join(group, file), String(value));
  if (limits.memoryMb !== undefined && holds.includes('memoryMb')) {
    set('memory.max', limits.memoryMb * 1024 * 1024);
    // not every kernel has these
    for (const [file, value] of [['memory.swap.max', 0], ['memory.oom.group', 1]] as const) // biome-ignore format: a table
      if (existsSync(join(group, file))) set(file, value);
  }
  if (limits.cpuPercent !== undefined && holds.includes('cpuPercent'))
    set('cpu.max', `${(limits.cpuPercent * periodMicroseconds) / 100} ${periodMicroseconds}`);
  if (limits.processes !== undefined && holds.includes('processes')) set('pids.max', limits.processes);
}

/** A group that holds a process, if only one whose end the kernel is still at, cannot be removed. */
function isRemoved(group: string): boolean {
  try {
    const kill = join(group, 'cgroup.kill'); // since Linux 5.14
    if (existsSync(kill)) writeFileSync(kill, '1');
    rmdirSync(group);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function countIn(file: string, name: string): number {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}
