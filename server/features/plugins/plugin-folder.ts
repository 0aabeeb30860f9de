import { MusterError } from '../../../shared/errors.ts';
import { readFiles } from '../../../shared/plugin-folder/read-files.ts';
import { bundleOfFiles, bundleOfSingleFile, invalid, type MadeBundle } from './bundles.ts';
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
      const outcome = await attempt(entry, async () => ({ made: await make(entry, walked) }));
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

async function make({ entry, name, kind }: FolderEntry, { files, faults }: Walked): Promise<MadeBundle> {
  if (faults.length > 0) throw invalid(faults.join(' '));
  const contents = await readFiles(files);
  return kind === 'file' ? bundleOfSingleFile(name, entry, contents[0]?.base64 ?? '') : bundleOfFiles(name, contents);
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
