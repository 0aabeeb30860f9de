import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { MusterError } from '../shared/errors.ts';
import { holdFile } from './held-file.windows.ts';
import { isAlive, processStartMark } from './process-start.ts';

/**
 * One agent per folder. The lock is a file that names its holder by pid and start mark, so that the lock of an agent that was killed is
 * recognised and taken over, also when its pid belongs to another program by now. Windows tells no start marks, and gives pids to others soon: there the
 * file only names the holder, who has another file open that nobody else can open meanwhile.
 */
export type Lock = { release(): void };

export function takeLock(path: string, now: () => number, pid: number = process.pid): Lock {
  const own = JSON.stringify({ pid, startMark: processStartMark(pid) ?? null });
  if (process.platform === 'win32') return takeByHolding(path, own);
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      writeFileSync(path, own, { flag: 'wx', mode: 0o600 });
      return { release: () => releaseLock(path, own) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        // on a full disk there may be a file now, and nothing in it
        if (readLock(path) === '') rmSync(path, { force: true });
        throw error;
      }
      removeStale(path, pid, now());
    }
  }
  throw heldBy(path, 'another program');
}

function takeByHolding(path: string, own: string): Lock {
  const held = holdFile(`${path}.held`);
  if (held === undefined) throw heldBy(path, nameOf(parseHolder(readLock(path) ?? '')));
  try {
    // what is there is of one that has ended
    writeFileSync(path, own);
  } catch (error) {
    held.release();
    throw error;
  }
  let isReleased = false;
  return {
    release() {
      if (isReleased) return;
      isReleased = true;
      releaseLock(path, own);
      held.release();
    },
  };
}

function releaseLock(path: string, own: string): void {
  if (readLock(path) === own) rmSync(path, { force: true });
}

/** Throws if the holder is alive. Renames before it removes, so that a lock which somebody else just took over is noticed and put back. */
function removeStale(path: string, pid: number, now: number): void {
  const text = readLock(path);
  if (text === undefined) return;
  const holder = parseHolder(text);
  if (holder !== undefined && isHolderAlive(holder, path, now)) throw heldBy(path, nameOf(holder));
  const aside = `${path}.${pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readLock(aside) === text) rmSync(aside, { force: true });
  else renameSync(aside, path);
}

type Holder = { readonly pid: number; readonly startMark: string | null };

function isHolderAlive(holder: Holder, path: string, now: number): boolean {
  if (!isAlive(holder.pid)) return false;
  if (holder.startMark !== null) return processStartMark(holder.pid) === holder.startMark;
  // without marks: a lock from before the last boot belongs to nobody; a minute of slack for a clock that was set meanwhile
  const bootedAt = now - uptime() * 1000;
  return statSync(path).mtimeMs > bootedAt - 60_000;
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, startMark } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== 'number') return undefined;
    return { pid, startMark: typeof startMark === 'string' ? startMark : null };
  } catch {
    return undefined;
  }
}

const nameOf = (holder: Holder | undefined): string =>
  holder === undefined ? 'another program' : `the agent with process id ${holder.pid}`;

const heldBy = (path: string, who: string): MusterError =>
  new MusterError(
    'state_conflict',
    `The folder is in use by ${who}. Stop it first, or give this agent a folder of its own (--dir or MUSTER_AGENT_DIR). (Lock: ${path})`,
  );
