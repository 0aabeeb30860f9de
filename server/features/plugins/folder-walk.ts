import { join } from 'node:path';
import { isLeftOver } from '../../../shared/plugin-files.ts';
import { createCollection, type FoundFile } from '../../../shared/plugin-folder/collection.ts';
import { sortedEntries } from '../../../shared/plugin-folder/walk-folder.ts';
import { walkPlugin } from '../../../shared/plugin-folder/walk-plugin.ts';
import { runtimeOfFile } from '../../../shared/plugin-manifest.ts';

/** Something in the plugins folder that may be a plugin. */
export type FolderEntry = {
  /** as it stands in the folder */
  readonly entry: string;
  /** of the plugin that it would be */
  readonly name: string;
  readonly kind: 'folder' | 'file';
};

/** The files of a plugin, and a mark of them that changes whenever one of them does. */
export type Walked = { readonly files: readonly FoundFile[]; readonly mark: string; readonly faults: readonly string[] };

/** @returns undefined if the folder is not there */
export async function entriesOf(dir: string): Promise<FolderEntry[] | undefined> {
  const all = await sortedEntries(dir);
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
 * Every file of a plugin and of what it depends on, without following links.
 * @throws MusterError plugin_invalid
 */
export async function walk(dir: string, { entry, kind }: FolderEntry): Promise<Walked> {
  if (kind === 'folder') {
    const { files, mark, dependencies } = await walkPlugin(join(dir, entry));
    return { files, mark, faults: dependencies.faults };
  }
  const found = createCollection();
  await found.add(join(dir, entry), entry, 'library');
  return { files: found.files, mark: found.mark(), faults: [] };
}
