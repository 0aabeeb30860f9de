import { execFile } from 'node:child_process';
import { pause } from './pause.ts';
import type { CreateProcessTree, Tree, TreeEnd } from './process-tree.ts';
import { inSystem32, taskkill } from './taskkill.windows.ts';

/** The clock of the agent and the creation time that Windows tells may differ by this much. */
const startToleranceMs = 5000;
/** A tree that survives this many kills hangs in the kernel. */
const maxKills = 10;

/**
 * Windows knows no process groups. `taskkill /T` walks from parent to child and so reaches what still has its parents; a process whose
 * parent has ended is out of reach, which is why a tree is killed from its root while the root still lives. For the same reason a program
 * that is left in the background by one that has ended goes on after the job, and a process that an agent started in the moment in which it
 * was killed, before it noted the pid, is not found again here. (The service holds all of them in a job object, and ends them with the agent.)
 */
export const createProcessTree: CreateProcessTree = ({ clock }) => {
  async function end(tree: Tree, force: AbortSignal): Promise<TreeEnd> {
    // children of a spared root cannot be told from the root without ending it: the runner ends those itself (node-children.ts)
    if (tree.root === 'spare') return { found: [], left: [] };
    const name = `process ${tree.mark.pid}`;
    if (!isAlive(tree.mark.pid)) return { found: [], left: [] };
    if (!force.aborted) {
      await taskkill(tree.mark.pid, []);
      while (isAlive(tree.mark.pid) && !force.aborted) await pause(clock, 50, force);
    }
    for (let kills = 0; isAlive(tree.mark.pid) && kills < maxKills; kills += 1) {
      await taskkill(tree.mark.pid, ['/F']);
      await pause(clock, 50 * (kills + 1));
    }
    return { found: [name], left: isAlive(tree.mark.pid) ? [name] : [] };
  }

  return {
    // `detached` would open a console window of its own
    spawnOptions: { detached: false, windowsHide: true },
    markOf: (pid) => ({ pid, startMark: `windows ${clock.now()}` }),
    async ask(tree) {
      if (tree.root === 'include') await taskkill(tree.mark.pid, []);
    },
    end,
    async endOrphan({ process: mark }) {
      if (mark === undefined) return { found: [], left: [] };
      const expected = Number(mark.startMark.split(' ')[1]);
      const started = await startOf(mark.pid);
      if (started === undefined || !(Math.abs(started - expected) < startToleranceMs)) return { found: [], left: [] };
      return end({ mark, root: 'include' }, AbortSignal.abort());
    },
    // the environment of another process cannot be read; runners end by themselves when they lose their agent
    endStrays: async () => ({ found: [], left: [] }),
  };
};

/** ms since the epoch at which the process was created; undefined if there is none. */
function startOf(pid: number): Promise<number | undefined> {
  const script = `[DateTimeOffset]::new((Get-Process -Id ${pid}).StartTime.ToUniversalTime()).ToUnixTimeMilliseconds()`;
  const powershell = inSystem32('WindowsPowerShell', 'v1.0', 'powershell.exe');
  return new Promise((resolve) => {
    execFile(powershell, ['-NoProfile', '-NonInteractive', '-Command', script], { windowsHide: true }, (error, stdout) => {
      const started = Number(stdout.trim());
      resolve(error !== null || !(started > 0) ? undefined : started);
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
