import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { MusterError } from '../../shared/errors.ts';
import type { BundleFile } from '../../shared/plugin-bundle.ts';
import { readFiles, readFound } from '../../shared/plugin-folder/read-files.ts';
import { type PluginDependencies, walkPlugin } from '../../shared/plugin-folder/walk-plugin.ts';

/** A plugin on disk: a folder with `plugin.json`, or one file that is called like the plugin. */
export type PluginSource = { readonly name: string; readonly path: string } & (
  | { readonly kind: 'folder'; readonly files: readonly BundleFile[]; readonly dependencies: PluginDependencies }
  | { readonly kind: 'file'; readonly file: { readonly name: string; readonly base64: string } }
);

/**
 * Reads a plugin with all that it depends on. If something of that is missing, `dependencies` says so, and `checkPlugin` fails.
 * @throws MusterError plugin_invalid, if it cannot be read or is too large to be sent
 */
export async function readPluginSource(given: string, cwd: string): Promise<PluginSource> {
  const path = pluginPathOf(given, cwd);
  const name = basename(path);
  try {
    // who gives a link means what it leads to; links inside of a plugin are not followed
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) {
      const { files, dependencies } = await walkPlugin(real);
      return { kind: 'folder', name, path, files: await readFiles(files), dependencies };
    }
    const base64 = (await readFound(real)).toString('base64');
    return { kind: 'file', name: name.slice(0, Math.max(0, name.lastIndexOf('.'))) || name, path, file: { name, base64 } };
  } catch (cause) {
    if (cause instanceof MusterError) throw cause;
    throw invalid(`${path} cannot be read: ${(cause as Error).message}.`, cause);
  }
}

/** What was given is a path, or the name of a plugin in the folder `plugins` here. */
export function pluginPathOf(given: string, cwd: string): string {
  const names = runnableEndings.map((ending) => `plugins/${given}${ending}`);
  const found = [given, ...names].map((each) => resolve(cwd, each)).find((path) => existsSync(path));
  if (found === undefined)
    throw invalid(`There is no ${given}: name the folder of a plugin, or its single file, or one that is in the folder plugins.`);
  return found;
}

const runnableEndings = ['', '.py', '.sh', '.js', '.ts', '.mjs', '.cjs', '.ps1'];

const invalid = (message: string, cause?: unknown): MusterError => new MusterError('plugin_invalid', message, { cause });
