import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const prefix = '.building-';

/** A folder of this build alone inside `out`; what builds that were killed left there goes first. Another build may be under way. */
export async function makeBuildFolder(out: string): Promise<string> {
  const left = (await readdir(out)).filter((name) => name.startsWith(prefix) && !isUnderWay(name));
  for (const name of left) await rm(join(out, name), { recursive: true, force: true });
  return mkdtemp(join(out, `${prefix}${process.pid}-`));
}

/** By the process that its name tells. */
function isUnderWay(name: string): boolean {
  const pid = Number(/^(\d+)-/.exec(name.slice(prefix.length))?.[1]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // it is there, and of somebody else
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
