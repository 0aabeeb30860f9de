import { existsSync } from 'node:fs';
import type { OrphanEnd, ProcessMark } from './job.ts';
import { pause } from './pause.ts';
import {
  readBootId as bootIdOfDarwin,
  readProcess as processOfDarwin,
  readProcessTable as tableOfDarwin,
  readVariable as variableOfDarwin,
} from './process-table.darwin.ts';
import {
  readBootId as bootIdOfLinux,
  readProcess as processOfLinux,
  readProcessTable as tableOfLinux,
  readVariable as variableOfLinux,
} from './process-table.linux.ts';
import { type ProcessRow, type ProcessTable, type TreeSearch, treeMembers } from './process-table.ts';
import { type CreateProcessTree, startedByVariable, type Tree, type TreeEnd } from './process-tree.ts';
import { shareReading } from './shared-reading.ts';

const isDarwin = process.platform === 'darwin';
const readBootId = isDarwin ? bootIdOfDarwin : bootIdOfLinux;
const readProcess = isDarwin ? processOfDarwin : processOfLinux;
const readProcessTable = isDarwin ? tableOfDarwin : tableOfLinux;
const readVariable = isDarwin ? variableOfDarwin : variableOfLinux;

/** What survives SIGKILL this long hangs in the kernel; it is named in the log and left. */
const killPatienceMs = 5000;
/** Between asking what a dead agent left and killing it. */
const orphanGraceMs = 2000;
const maxTries = 50;
const retryPauseMs = 100;

export const createProcessTree: CreateProcessTree = ({ clock, startedBy }) => {
  const ownLine = `${startedByVariable}=${startedBy}`;
  const bootId = readBootId();
  const readSharedTable = shareReading(clock, readProcessTable);

  /** The agent may be out of file descriptors for a moment, which must not let a tree live on. */
  async function readTable(): Promise<ProcessTable> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await readSharedTable();
      } catch (error) {
        if (tries === maxTries) throw error;
        await pause(clock, retryPauseMs);
      }
    }
  }

  async function membersOf(tree: Tree, known: ReadonlyMap<number, number>): Promise<ProcessRow[]> {
    const root = parseMark(tree.mark, bootId);
    if (root === undefined) return [];
    const { pid, started, execution, attempt } = root;
    const environment = [ownLine, ...linesOf(execution, attempt)];
    const members = treeMembers(await readTable(), { pid, started, environment, known, self: process.pid });
    return tree.root === 'include' ? members : members.filter((row) => row.pid !== tree.mark.pid);
  }

  /** Whatever carries these lines, and all that descends from it. */
  async function bearersOf(environment: readonly string[], known: ReadonlyMap<number, number>): Promise<ProcessRow[]> {
    return treeMembers(await readTable(), { ...noRoot, environment, known, self: process.pid });
  }

  /** Waits until all of these have ended, `force` is aborted, or `maxMs` have passed; looks at these alone, which is cheap. */
  async function whileAlive(rows: readonly ProcessRow[], maxMs: number, force: AbortSignal | undefined): Promise<void> {
    const until = clock.monotonic() + maxMs;
    for (
      let pauseMs = 2;
      rows.some(isAlive) && !force?.aborted && clock.monotonic() < until;
      pauseMs = Math.min(50, pauseMs * 2)
    ) {
      await pause(clock, pauseMs, force);
    }
  }

  /**
   * Members that were asked to end, by tree, until it is ended: what one of them forked in the instant between the look and its end is
   * found by its session or group alone, if it threw its environment away.
   */
  const asked = new Map<string, Map<number, number>>();
  const keyOf = ({ mark }: Tree): string => `${mark.pid} ${mark.startMark}`;

  async function ask(tree: Tree): Promise<void> {
    const known = asked.get(keyOf(tree)) ?? new Map<number, number>();
    asked.set(keyOf(tree), known);
    for (const row of await membersOf(tree, known)) {
      known.set(row.pid, row.started);
      signal(row, 'SIGTERM');
    }
  }

  async function end(tree: Tree, force: AbortSignal): Promise<TreeEnd> {
    const known = asked.get(keyOf(tree));
    try {
      return await endAll((seen) => membersOf(tree, seen), force, known);
    } finally {
      asked.delete(keyOf(tree));
    }
  }

  async function endAll(
    membersNow: (known: ReadonlyMap<number, number>) => Promise<ProcessRow[]>,
    force: AbortSignal,
    // shared with a look that may still be under way
    known = new Map<number, number>(),
  ): Promise<TreeEnd> {
    const found: string[] = [];
    const seen = new Set<number>();
    const alreadyAsked = new Set<number>();
    for (let forcedAt: number | undefined; ; ) {
      const members = await membersNow(known);
      for (const row of members) {
        if (!seen.has(row.pid)) found.push(nameOf(row));
        seen.add(row.pid);
        known.set(row.pid, row.started);
      }
      if (members.length === 0) return { found, left: [] };
      if (force.aborted) {
        forcedAt ??= clock.monotonic();
        if (clock.monotonic() - forcedAt > killPatienceMs) return { found, left: members.map(nameOf) };
        for (const row of members) signal(row, 'SIGKILL');
        await whileAlive(members, 500, undefined);
      } else {
        for (const row of members) if (!alreadyAsked.has(row.pid)) signal(row, 'SIGTERM');
        for (const row of members) alreadyAsked.add(row.pid);
        await whileAlive(members, 500, force);
      }
    }
  }

  return {
    spawnOptions: { detached: true, windowsHide: true },
    markOf(pid, { execution, attempt }) {
      return { pid, startMark: [bootId, readProcess(pid)?.started ?? 0, execution, attempt].join(' ') };
    },
    ask,
    end,
    endOrphan: ({ execution, attempt, process: mark }) =>
      withGrace(async (known) => {
        const marked = await bearersOf([ownLine, ...linesOf(execution, attempt)], known);
        if (mark === undefined) return marked;
        const tree = (await membersOf({ mark, root: 'include' }, known)).filter((row) => !isOfAnother(row, startedBy));
        return [...tree, ...marked.filter(({ pid }) => tree.every((row) => row.pid !== pid))];
      }),
    endStrays: () => withGrace((known) => bearersOf([ownLine], known)),
  };

  async function withGrace(membersNow: (known: ReadonlyMap<number, number>) => Promise<ProcessRow[]>): Promise<OrphanEnd> {
    const force = new AbortController();
    const cancel = clock.after(orphanGraceMs, () => force.abort());
    try {
      return await endAll(membersNow, force.signal);
    } finally {
      cancel();
    }
  }
};

/** A tree without a root that is known: its environment alone tells it. */
const noRoot: Pick<TreeSearch, 'pid' | 'started'> = { pid: -1, started: 0 };

const linesOf = (execution: string, attempt: string | number): string[] => [
  `MUSTER_EXECUTION=${execution}`,
  `MUSTER_ATTEMPT=${attempt}`,
];

/** `boot-id ticks execution attempt`; undefined if it is not of this boot, when nothing of it can be left. */
function parseMark(mark: ProcessMark, bootId: string) {
  const [boot, started, execution, attempt] = mark.startMark.split(' ');
  if (boot !== bootId || execution === undefined || attempt === undefined) return undefined;
  return { pid: mark.pid, started: Number(started), execution, attempt };
}

function signal(row: ProcessRow, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    if (isAlive(row)) process.kill(row.pid, name);
  } catch (error) {
    // it ended meanwhile, or belongs to another user (it is named as left behind when it stays)
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function isAlive(row: ProcessRow): boolean {
  const now = readProcess(row.pid);
  return now !== undefined && now.started === row.started && !now.zombie;
}

/**
 * An agent that was started on a copy of the folder finds the pids of the original in its journal; on the same host they are alive, and not
 * its own. A folder that was moved is not a copy: what bears its former place is what this agent left.
 */
function isOfAnother({ pid }: ProcessRow, startedBy: string): boolean {
  const owner = readVariable(pid, startedByVariable);
  return owner !== undefined && owner !== startedBy && existsSync(owner.slice(owner.indexOf(' ') + 1));
}

const nameOf = (row: ProcessRow): string => `${row.name} (${row.pid})`;
