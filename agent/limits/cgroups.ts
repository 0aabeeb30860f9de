import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResourceLimits } from '../../shared/resource-limits.ts';

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
  /** when nothing of it runs any more */
  remove(): void;
};

const controllerOf = { memoryMb: 'memory', cpuPercent: 'cpu', processes: 'pids' } as const;
const periodMicroseconds = 100_000;
const ownGroup = 'muster-agent';
const jobGroup = 'muster-job-';
const none: Cgroups = {
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
  if (path === undefined) return none;
  const base = join(root, path.endsWith(`/${ownGroup}`) ? path.slice(0, -ownGroup.length) : path);
  let enabled: Set<string>;
  try {
    enabled = enableControllers(base, pid);
    removeLeft(base);
  } catch {
    return none;
  }
  const holds = (Object.keys(controllerOf) as (keyof typeof controllerOf)[]).filter((limit) => enabled.has(controllerOf[limit]));
  return {
    holds: new Set(holds),
    open(name, limits) {
      const group = join(base, jobGroup + name);
      mkdirSync(group);
      const set = (file: string, value: string | number): void => writeFileSync(join(group, file), String(value));
      const remove = (): void => rmdirSync(group);
      try {
        if (limits.memoryMb !== undefined && holds.includes('memoryMb')) {
          set('memory.max', limits.memoryMb * 1024 * 1024);
          // not every kernel has these
          for (const [file, value] of [['memory.swap.max', 0], ['memory.oom.group', 1]] as const) // biome-ignore format: a table
            if (existsSync(join(group, file))) set(file, value);
        }
        if (limits.cpuPercent !== undefined && holds.includes('cpuPercent'))
          set('cpu.max', `${(limits.cpuPercent * periodMicroseconds) / 100} ${periodMicroseconds}`);
        if (limits.processes !== undefined && holds.includes('processes')) set('pids.max', limits.processes);
      } catch (error) {
        remove();
        throw error;
      }
      return {
        joinFile: join(group, 'cgroup.procs'),
        wasOutOfMemory: () => Number(/^oom_kill (\d+)$/m.exec(textOf(join(group, 'memory.events')))?.[1] ?? 0) > 0,
        remove,
      };
    },
  };
}

/** Of an agent before this one; a group that still holds a process cannot be removed. */
function removeLeft(base: string): void {
  for (const name of readdirSync(base).filter((entry) => entry.startsWith(jobGroup))) {
    try {
      rmdirSync(join(base, name));
    } catch {
      // in use
    }
  }
}

function enableControllers(base: string, pid: number): Set<string> {
  const wanted = Object.values(controllerOf);
  const available = wordsOf(join(base, 'cgroup.controllers')).filter((name) => (wanted as string[]).includes(name));
  const missing = available.filter((name) => !wordsOf(join(base, 'cgroup.subtree_control')).includes(name));
  if (missing.length > 0) {
    const own = join(base, ownGroup, 'cgroup.procs');
    mkdirSync(join(base, ownGroup), { recursive: true });
    writeFileSync(own, String(pid));
    try {
      writeFileSync(join(base, 'cgroup.subtree_control'), missing.map((name) => `+${name}`).join(' '));
    } catch (error) {
      // somebody else's processes are in it too: it is not ours
      writeFileSync(join(base, 'cgroup.procs'), String(pid));
      throw error;
    }
  }
  return new Set(available);
}

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
const wordsOf = (file: string): string[] =>
  textOf(file)
    .split(/\s+/)
    .filter((word) => word !== '');
