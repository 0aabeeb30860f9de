import { createHash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { maxBundleBytes } from '../../../shared/plugin-bundle.ts';
import { isLeftOver } from '../../../shared/plugin-files.ts';
import { runtimeOfFile } from '../../../shared/plugin-manifest.ts';
import { invalid, tooLarge } from './bundles.ts';

/** Something in the plugins folder that may be a plugin. */
export type FolderEntry = {
  /** as it stands in the folder */
  readonly entry: string;
  /** of the plugin that it would be */
  readonly name: string;
  readonly kind: 'folder' | 'file';
};

export type FileMark = { readonly path: string; readonly executable: boolean };

/** The files of a plugin, and a mark of them that changes whenever one of them does. */
export type Walked = { readonly files: readonly FileMark[]; readonly mark: string };

const maxFiles = 2000;

/** @returns undefined if the folder is not there */
export async function entriesOf(dir: string): Promise<FolderEntry[] | undefined> {
  const all = await listing(dir);
  return all?.flatMap((entry): FolderEntry[] => {
    const { name } = entry;
    if (isLeftOver(name) || name === 'node_modules') return [];
    // a link is looked at as what it may stand for, and refused there
    if (runtimeOfFile(name) !== undefined && !entry.isDirectory()) {
      return name.endsWith('.d.ts') ? [] : [{ entry: name, name: name.slice(0, name.lastIndexOf('.')), kind: 'file' }];
    }
    return entry.isDirectory() || entry.isSymbolicLink() ? [{ entry: name, name, kind: 'folder' }] : [];
  });
}

/**
 * Every file of a plugin, without following links.
 * @throws MusterError plugin_invalid
 */
export async function walk(dir: string, { entry, kind }: FolderEntry): Promise<Walked> {
  const found: Found = { files: [], bytes: 0, marks: createHash('sha256') };
  if (kind === 'file') await visit(dir, entry, found);
  else {
    await refuseLink(join(dir, entry), entry);
    await descend(join(dir, entry), '', found);
  }
  return { files: found.files, mark: found.marks.digest('hex') };
}

type Found = { readonly files: FileMark[]; bytes: number; readonly marks: ReturnType<typeof createHash> };

async function descend(root: string, under: string, found: Found): Promise<void> {
  for (const entry of (await listing(join(root, under))) ?? []) {
    if (isLeftOver(entry.name)) continue;
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) await descend(root, path, found);
    else await visit(root, path, found);
  }
}

async function visit(root: string, path: string, found: Found): Promise<void> {
  const stats = await lstat(join(root, path));
  if (stats.isSymbolicLink()) throw linked(path);
  // reading a pipe or a device could wait for ever
  if (!stats.isFile()) throw invalid(`${path} is not a regular file.`);
  found.files.push({ path, executable: (stats.mode & 0o111) !== 0 });
  found.bytes += stats.size;
  found.marks.update(JSON.stringify([path, stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino, stats.mode]));
  if (found.files.length > maxFiles) throw invalid(`It has more than ${maxFiles} files.`);
  if ((found.bytes * 4) / 3 > maxBundleBytes) throw tooLarge((found.bytes * 4) / 3);
}

async function refuseLink(path: string, shown: string): Promise<void> {
  if ((await lstat(path)).isSymbolicLink()) throw linked(shown);
}

const linked = (path: string) => invalid(`${path} is a symbolic link; links are not followed. Put a copy there.`);

/** Sorted, so that the same folder is always read the same way. */
async function listing(dir: string): Promise<Dirent[] | undefined> {
  try {
    return (await readdir(dir, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
