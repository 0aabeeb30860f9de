import { readdirSync, rmSync } from 'node:fs';
import { chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOtherUser } from './other-user.ts';

/** Folders for the programs that one job runs as other users: the workspace is below the agent's folder, which only root can enter. */
export type UserFolders = {
  /** made at the first call */
  folderOf(user: string): Promise<string>;
  remove(): void;
};

type Owner = { readonly execution: string; readonly attempt: number };

const prefixOf = ({ execution, attempt }: Owner): string => `muster-${execution}-${attempt}-`;

/** What a runner that was killed could not remove itself. To be called when nothing of its tree is left. */
export function removeLeftUserFolders(job: Owner): void {
  if (process.geteuid?.() !== 0) return;
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(prefixOf(job)))) remove(join(tmpdir(), name));
}

export function createUserFolders(job: Owner): UserFolders {
  const folders = new Map<string, Promise<string>>();
  const made: string[] = [];

  async function make(user: string): Promise<string> {
    const { uid, gid } = await findOtherUser(user);
    const folder = await mkdtemp(join(tmpdir(), prefixOf(job)));
    made.push(folder);
    await chown(folder, uid, gid);
    return folder;
  }

  return {
    folderOf(user) {
      const folder = folders.get(user) ?? make(user);
      folders.set(user, folder);
      return folder;
    },
    remove() {
      for (const folder of made) remove(folder);
    },
  };
}

/** The synchronous one follows no link that somebody puts there meanwhile. */
const remove = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
