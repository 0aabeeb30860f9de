import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { invalid } from './collection.ts';

/** What matters here of a `package.json`. */
export type NodePackage = {
  /** where it really is: installers that save space put links in its place */
  readonly folder: string;
  readonly version: string;
  readonly needs: readonly Need[];
  /** what its `main`, `exports` and the like name, as one text */
  readonly entryPoints: string;
};

export type Need = { readonly name: string; readonly range: string; readonly required: boolean };

/**
 * The `package.json` in the folder of a plugin.
 * @returns undefined if there is none
 * @throws MusterError plugin_invalid
 */
export async function packageOfPlugin(folder: string): Promise<NodePackage | undefined> {
  const content = await contentOf(join(folder, 'package.json'));
  return content === undefined ? undefined : packageOf(await realpath(folder), content, 'plugin');
}

/** An installed package, found as Node finds it: in the `node_modules` of this folder, or of one above it. */
export async function installedPackage(name: string, from: string): Promise<NodePackage | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    if (basename(folder) !== 'node_modules') {
      const place = join(folder, 'node_modules', name);
      const content = await contentOf(join(place, 'package.json'));
      if (content !== undefined) return packageOf(await realpath(place), content, 'installed');
    }
    if (dirname(folder) === folder) return undefined;
  }
}

async function contentOf(path: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  try {
    return recordOf(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch (error) {
    throw invalid(`${path} is not valid JSON: ${(error as Error).message}`, error);
  }
}

function packageOf(folder: string, content: Record<string, unknown>, whose: 'plugin' | 'installed'): NodePackage {
  const { version, main, module, browser, exports, imports, bin } = content;
  return {
    folder,
    version: typeof version === 'string' ? version : '',
    needs: needsOf(content, whose),
    entryPoints: JSON.stringify([main, module, browser, exports, imports, bin]),
  };
}

/** Sorted by name, so that the same packages always lie the same way. */
function needsOf(content: Record<string, unknown>, whose: 'plugin' | 'installed'): Need[] {
  const optional = recordOf(content.optionalDependencies);
  const peers = whose === 'plugin' ? {} : recordOf(content.peerDependencies);
  const aboutPeers = recordOf(content.peerDependenciesMeta);
  // a package may use an optional peer only if somebody asked for that one
  const wanted = Object.entries(peers).filter(([name]) => recordOf(aboutPeers[name]).optional !== true);
  const all = { ...Object.fromEntries(wanted), ...recordOf(content.dependencies), ...optional };
  return Object.entries(all)
    .filter(([name]) => !name.startsWith('@types/'))
    .map(([name, range]) => {
      if (!packageName.test(name)) throw invalid(`"${name}" in package.json is not the name of a package.`);
      return { name, range: typeof range === 'string' ? range : '', required: !Object.hasOwn(optional, name) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const packageName = /^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/i;

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
