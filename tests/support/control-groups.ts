import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

const root = '/sys/fs/cgroup';
const controllers = ['cpu', 'memory', 'pids'];

/** Whether this user can make groups of cgroup v2 with these controllers here. */
export const canMakeControlGroups = ((): boolean => {
  const probe = join(root, `muster-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    const given = existsSync(join(probe, 'cgroup.controllers')) ? readFileSync(join(probe, 'cgroup.controllers'), 'utf8') : '';
    rmdirSync(probe);
    return controllers.every((name) => given.split(/\s+/).includes(name));
  } catch {
    return false;
  }
})();

/** A group as one that was delegated to an agent, with processes in it that stand for the agent and for others. */
export type DelegatedGroup = {
  readonly path: string;
  /** as in `/proc/self/cgroup` of the agent */
  readonly membership: string;
  /** a process in it that sleeps, and a child of it: their ids */
  addAgent(): Promise<{ readonly pid: number; readonly child: number }>;
  dispose(): Promise<void>;
};

export function makeDelegatedGroup(name: string): DelegatedGroup {
  const path = join(root, name);
  mkdirSync(path);
  const children: ChildProcess[] = [];
  const groups = (): string[] => [
    ...readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(path, entry.name)),
    path,
  ];
  return {
    path,
    membership: `0::/${name}\n`,
    async addAgent() {
      const child = spawn('sh', ['-c', 'echo $$ > "$0/cgroup.procs"; sleep 600 & echo $!; wait', path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      const [said] = (await child.stdout.take(1).toArray()) as [Buffer];
      return { pid: child.pid ?? 0, child: Number(said.toString()) };
    },
    async dispose() {
      for (const group of groups()) writeFileSync(join(group, 'cgroup.kill'), '1');
      const isEmpty = () => groups().every((group) => readFileSync(join(group, 'cgroup.procs'), 'utf8') === '');
      await eventually('nothing runs in the group any more', isEmpty);
      for (const group of groups()) rmdirSync(group);
    },
  };
}
