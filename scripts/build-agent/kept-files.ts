import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** What builds keep for the next ones, beside other caches of this user. */
export function keptFolder(): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'muster');
  return join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'muster');
}

/** Puts a file in place as a whole: another build may be looking. */
export async function keepFile(file: string, content: Buffer, mode: number): Promise<void> {
  const fresh = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(fresh, content);
  await chmod(fresh, mode);
  await rename(fresh, file);
}
