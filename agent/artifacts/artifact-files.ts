import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { artifactNameFrom } from '../../shared/api/artifacts.ts';

/** What is being written yet. */
const partial = '.muster-partial';

/** What `context.storeArtifact` does: a copy in the folder of the attempt, whole or not at all, that outlives agent and workspace. */
export async function storeArtifact(
  folder: string,
  source: string | { readonly name: string; readonly data: string | Uint8Array },
  givenName?: string,
): Promise<string> {
  const name = artifactNameFrom(givenName ?? (typeof source === 'string' ? basename(source) : source.name));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `${randomUUID()}${partial}`);
  try {
    if (typeof source === 'string') await copyFile(source, draft);
    else {
      const file = await open(draft, 'w', 0o600);
      try {
        await file.writeFile(source.data);
      } finally {
        await file.close();
      }
    }
    await rename(draft, join(folder, name));
  } catch (error) {
    await rm(draft, { force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new Error(`The artifact ${name} could not be stored: ${why}.`, { cause: error });
  }
  return name;
}

export type ArtifactFile = { readonly path: string; readonly name: string };

/** The regular files of a folder and of those in it; a link could lead anywhere, and is none of them. */
export async function artifactsIn(folder: string): Promise<ArtifactFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith(partial))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, name: artifactNameFrom(path.slice(folder.length + 1)) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @param nameOf of its path inside of the folder; a file whose name is not that one is given it */
export async function renameArtifacts(folder: string, nameOf: (path: string) => string): Promise<void> {
  for (const { path, name } of await artifactsIn(folder)) {
    const wanted = artifactNameFrom(nameOf(path.slice(folder.length + 1)));
    if (wanted !== name) await rename(path, join(folder, wanted));
  }
}
