import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { MusterError } from '../../../shared/errors.ts';
import type { BundleFile } from '../../../shared/plugin-bundle.ts';
import { bundleOfFiles, bundleOfSingleFile, type MadeBundle } from './bundles.ts';
import { entriesOf, type FolderEntry, type Walked, walk } from './folder-walk.ts';

/** Something in the plugins folder that is no plugin, and why, for the person who put it there. */
export type PluginProblem = { readonly path: string; readonly name: string; readonly message: string };

export type FolderContent = { readonly plugins: readonly MadeBundle[]; readonly problems: readonly PluginProblem[] };

export type PluginFolder = {
  /**
   * What is in it now. A plugin whose files have not changed is not read again. One that is broken is a problem, and does not touch the
   * others. Undefined if there is no such folder.
   */
  read(): Promise<FolderContent | undefined>;
};

type Outcome = { readonly made: MadeBundle } | { readonly problem: PluginProblem };

/** `<name>/plugin.json` with its files, and single files `<name>.py` and the like. */
export function createPluginFolder(dir: string): PluginFolder {
  let known = new Map<string, { readonly mark: string; readonly outcome: Outcome }>();

  async function outcomeOf(entry: FolderEntry): Promise<Outcome> {
    try {
      const walked = await walk(dir, entry);
      const before = known.get(entry.entry);
      if (before?.mark === walked.mark) return before.outcome;
      const outcome = await attempt(entry, async () => ({ made: await make(dir, entry, walked) }));
      known.set(entry.entry, { mark: walked.mark, outcome });
      return outcome;
    } catch (error) {
      return { problem: problemOf(entry, error) };
    }
  }

  return {
    async read() {
      const entries = await entriesOf(dir);
      if (entries === undefined) return undefined;
      const taken = new Set<string>();
      const outcomes: Outcome[] = [];
      for (const entry of entries) {
        outcomes.push(taken.has(entry.name) ? { problem: sameName(entry) } : await outcomeOf(entry));
        taken.add(entry.name);
      }
      known = new Map([...known].filter(([name]) => entries.some(({ entry }) => entry === name)));
      return {
        plugins: outcomes.flatMap((outcome) => ('made' in outcome ? [outcome.made] : [])),
        problems: outcomes.flatMap((outcome) => ('problem' in outcome ? [outcome.problem] : [])),
      };
    },
  };
}

async function attempt(entry: FolderEntry, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    // a file that vanished or cannot be read just now may be there at the next look: that is not remembered
    if (!(error instanceof MusterError)) throw error;
    return { problem: problemOf(entry, error) };
  }
}

async function make(dir: string, { entry, name, kind }: FolderEntry, { files }: Walked): Promise<MadeBundle> {
  if (kind === 'file') return bundleOfSingleFile(name, entry, (await readWithin(dir, entry)).toString('base64'));
  const contents: BundleFile[] = [];
  for (const { path, executable } of files) {
    contents.push({ path, executable, base64: (await readWithin(join(dir, entry), path)).toString('base64') });
  }
  return bundleOfFiles(name, contents);
}

/** The look before said that it is a regular file; if a link took its place since, this fails. */
async function readWithin(root: string, path: string): Promise<Buffer> {
  const file = await open(join(root, path), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

const problemOf = ({ entry, name }: FolderEntry, error: unknown): PluginProblem => ({
  path: entry,
  name,
  message: error instanceof Error ? error.message : String(error),
});

const sameName = ({ entry, name }: FolderEntry): PluginProblem => ({
  path: entry,
  name,
  message: `Another plugin in the folder is called "${name}" already; rename one of them.`,
});
