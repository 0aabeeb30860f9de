import type { MadeBundle } from './bundles.ts';
import type { PluginChange } from './plugin-changes.ts';
import type { FolderContent, PluginProblem } from './plugin-folder.ts';
import type { CurrentPlugin } from './plugins.ts';

/** What must change so that the plugins of the server are those of its folder: pure. */
export type FolderPlan = {
  readonly changes: readonly PluginChange[];
  readonly problems: readonly PluginProblem[];
  /** names of plugins in the folder that are not used, because one of the same name was pushed */
  readonly hidden: readonly string[];
};

/**
 * A pushed plugin hides one of the same name in the folder until it is deleted. A plugin that is broken in the folder stays as it was
 * when it last was not.
 */
export function planFolder({ plugins, problems }: FolderContent, current: readonly CurrentPlugin[]): FolderPlan {
  const byName = new Map(current.map((plugin) => [plugin.name, plugin]));
  const present = new Set([...plugins.map(({ manifest }) => manifest.name), ...problems.map(({ name }) => name)]);
  const isHidden = ({ manifest, sha256 }: MadeBundle): boolean => {
    const plugin = byName.get(manifest.name);
    return plugin?.source === 'pushed' && plugin.sha256 !== sha256;
  };
  const hiddenNames = plugins.filter(isHidden).map(({ manifest: { name } }) => name);
  return {
    changes: [
      ...plugins
        .filter((made) => !isHidden(made) && byName.get(made.manifest.name)?.sha256 !== made.sha256)
        .map((made) => ({ kind: 'set', made, source: 'folder' }) as const),
      ...current
        .filter(({ name, source }) => source === 'folder' && !present.has(name))
        .map(({ name }) => ({ kind: 'delete', name, source: 'folder' }) as const),
    ],
    problems: [...problems, ...hiddenNames.map(hidden)],
    hidden: hiddenNames,
  };
}

const hidden = (name: string): PluginProblem => ({
  path: name,
  name,
  message: `A plugin of this name was pushed, and is used instead of the one in the folder. Delete the pushed one to use this.`,
});
