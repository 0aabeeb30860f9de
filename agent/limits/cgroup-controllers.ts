import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What may start another process meanwhile is moved in the next round. */
const mostRounds = 10;

/**
 * Has a group give its controllers to its children, for which it may hold no process itself: the agent moves into the group `own` below it,
 * and with it what it has started, such as warm runners.
 * @returns those that its children have
 * @throws when there are processes of somebody else in it, which is then as it was, or when it cannot be written
 */
export function enableControllers({
  base,
  own,
  pid,
  wanted,
}: {
  readonly base: string;
  readonly own: string;
  readonly pid: number;
  readonly wanted: readonly string[];
}): ReadonlySet<string> {
  const available = wordsOf(join(base, 'cgroup.controllers')).filter((name) => wanted.includes(name));
  const given = wordsOf(join(base, 'cgroup.subtree_control'));
  const missing = available.filter((name) => !given.includes(name));
  if (missing.length === 0) return new Set(available);
  mkdirSync(own, { recursive: true });
  const moved: number[] = [];
  try {
    moveAll(base, own, pid, moved);
    writeFileSync(join(base, 'cgroup.subtree_control'), missing.map((name) => `+${name}`).join(' '));
  } catch (error) {
    for (const each of moved) move(each, base);
    rmdirSync(own);
    throw error;
  }
  return new Set(available);
}

/** The agent and all that descends from it, as far as it is in this group. */
function moveAll(from: string, to: string, pid: number, moved: number[]): void {
  for (let round = 1; round <= mostRounds; round += 1) {
    const ours = wordsOf(join(from, 'cgroup.procs'))
      .map(Number)
      .filter((each) => descendsFrom(each, pid));
    if (ours.length === 0) return;
    for (const each of ours) if (move(each, to)) moved.push(each);
  }
}

function descendsFrom(pid: number, ancestor: number): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 0; at = parentOf(at)) if (at === ancestor) return true;
  return false;
}

/** The name of the program, in parentheses, may hold anything. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // it has ended
  }
}

/** @returns false when it has ended meanwhile */
function move(pid: number, group: string): boolean {
  try {
    writeFileSync(join(group, 'cgroup.procs'), String(pid));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

const wordsOf = (file: string): string[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split(/\s+/)
        .filter((word) => word !== '')
    : [];
