import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { MusterError } from '../../shared/errors.ts';
import { type BundleFile, maxBundleBytes } from '../../shared/plugin-bundle.ts';
import { isLeftOver } from '../../shared/plugin-files.ts';

/** A plugin on disk: a folder with `plugin.json`, or one file that is called like the plugin. */
export type PluginSource = { readonly name: string; readonly path: string } & (
  | { readonly kind: 'folder'; readonly files: readonly BundleFile[] }
  | { readonly kind: 'file'; readonly file: { readonly name: string; readonly base64: string } }
);

/** @throws MusterError plugin_invalid, if it cannot be read or is too large to be sent */
export function readPluginSource(given: string, cwd: string): PluginSource {
  const path = pathOf(given, cwd);
  const kind = statSync(path).isDirectory() ? 'folder' : 'file';
  const name = basename(path);
  if (kind === 'folder') return { kind, name, path, files: filesIn(path, '', { bytes: 0, count: 0 }) };
  const base64 = readWithin(path).toString('base64');
  return { kind, name: name.slice(0, Math.max(0, name.lastIndexOf('.'))) || name, path, file: { name, base64 } };
}

/** What was given is a path, or the name of a plugin in the folder `plugins` here. */
function pathOf(given: string, cwd: string): string {
  const names = runnableEndings.map((ending) => `plugins/${given}${ending}`);
  const found = [given, ...names].map((each) => resolve(cwd, each)).find((path) => existsSync(path));
  if (found === undefined)
    throw invalid(`There is no ${given}: name the folder of a plugin, or its single file, or one that is in the folder plugins.`);
  return found;
}

const runnableEndings = ['', '.py', '.sh', '.js', '.ts', '.mjs', '.cjs', '.ps1'];

const maxFiles = 2000;

function filesIn(root: string, under: string, sum: { bytes: number; count: number }): BundleFile[] {
  const entries = readdirSync(join(root, under), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry): BundleFile[] => {
    if (isLeftOver(entry.name)) return [];
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) return filesIn(root, path, sum);
    if (!entry.isFile()) throw invalid(`${path} is no regular file; links are not followed. Put a copy there.`);
    const { size, mode } = statSync(join(root, path));
    sum.bytes += size;
    sum.count += 1;
    if (sum.count > maxFiles) throw invalid(`It has more than ${maxFiles} files.`);
    if ((sum.bytes * 4) / 3 > maxBundleBytes)
      throw invalid('Its files are larger than 15 MiB together, which is the most that a plugin can have.');
    return [{ path, executable: (mode & 0o111) !== 0, base64: readWithin(join(root, path)).toString('base64') }];
  });
}

function readWithin(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw invalid(`${path} cannot be read: ${(cause as Error).message}.`, cause);
  }
}

const invalid = (message: string, cause?: unknown): MusterError => new MusterError('plugin_invalid', message, { cause });
