import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const lastBackup = z.object({ at: z.number(), file: z.string() });
export type LastBackup = z.infer<typeof lastBackup>;

const pathOf = (dataDir: string): string => join(dataDir, 'last-backup.json');

/** A note in the data folder, for whoever asks whether there are backups. A backup without the note is as good as one with it. */
export function noteLastBackup(dataDir: string, values: LastBackup): void {
  const draft = `${pathOf(dataDir)}.partial`;
  try {
    writeFileSync(draft, JSON.stringify(values), { mode: 0o600 });
    renameSync(draft, pathOf(dataDir));
  } catch {
    // a folder that this user may only read
  }
}

/** undefined: none is known of */
export function readLastBackup(dataDir: string): LastBackup | undefined {
  try {
    return lastBackup.parse(JSON.parse(readFileSync(pathOf(dataDir), 'utf8')));
  } catch {
    return undefined;
  }
}
