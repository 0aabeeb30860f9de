import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

/**
 * Left in the data folder by a restore, for the next start of the server: the ledger is older than the world. Work that it holds as open
 * may have been done since, so that none of it may be started again. The server takes the mark away when it has ended that work.
 */
const mark = z.object({ backupMadeAt: z.number(), restoredAt: z.number() });
export type RestoredMark = z.infer<typeof mark>;

export const restoredMarkFile = 'restored.json';

export function writeRestoredMark(dataDir: string, values: RestoredMark): void {
  const file = openSync(join(dataDir, restoredMarkFile), 'wx', 0o600);
  try {
    writeSync(file, JSON.stringify(values));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** undefined: nothing was restored since the server ran last */
export function readRestoredMark(dataDir: string): RestoredMark | undefined {
  let text: string;
  try {
    text = readFileSync(join(dataDir, restoredMarkFile), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return mark.parse(JSON.parse(text));
}

export const removeRestoredMark = (dataDir: string): void => rmSync(join(dataDir, restoredMarkFile), { force: true });
