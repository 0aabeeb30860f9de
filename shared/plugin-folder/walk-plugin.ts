import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createCollection, type FoundFile, linked } from './collection.ts';
import { nativeFaults, nativeFiles } from './native-code.ts';
import { nodeClosure } from './node-closure.ts';
import { takesFromPackage } from './package-content.ts';
import { packageOfPlugin } from './package-json.ts';
import { pythonVendor, takesFromVendor, vendorFolder } from './python-vendor.ts';
import { walkFolder } from './walk-folder.ts';

/** The files that a plugin's folder stands for, `plugin.json` and all that it depends on among them. */
export type WalkedPlugin = {
  readonly files: readonly FoundFile[];
  /** changes whenever one of the files does */
  readonly mark: string;
  readonly dependencies: PluginDependencies;
};

export type PluginDependencies = {
  /** such as `pg 8.23.1`; what the others need comes after what the plugin asks for */
  readonly packages: readonly string[];
  /** files of theirs that run on one platform only */
  readonly native: readonly string[];
  /** sentences: what is missing, and what to do. With any, the plugin must not be used. */
  readonly faults: readonly string[];
};

/**
 * Looks at a plugin's folder. Its dependencies go along, so that no host needs a registry:
 *
 * - `package.json` there: what its `dependencies` name, and what that needs, as Node finds it from the folder. Without one, a folder
 *   `node_modules` is taken as it is.
 * - `requirements.txt` there: the folder `vendor`, which must hold what it names. Without one, `vendor` is a folder like any other.
 *
 * @throws MusterError plugin_invalid, for links and for more than a bundle holds
 */
export async function walkPlugin(folder: string): Promise<WalkedPlugin> {
  if ((await lstat(folder)).isSymbolicLink()) throw linked(basename(folder));
  const found = createCollection();
  const [node, python] = [await packageOfPlugin(folder), await pythonVendor(folder)];
  await walkFolder(folder, {
    into: found,
    prefix: '',
    as: 'program',
    takes: (path, kind) =>
      !(path === 'node_modules' && node !== undefined) && !(path === vendorFolder && kind === 'folder' && python !== undefined),
  });
  const { packages, faults } = node === undefined ? nothing : await nodeClosure(node);
  for (const { path, content } of packages) {
    const takes = (inside: string, kind: 'file' | 'folder'): boolean => takesFromPackage(inside, kind, content.entryPoints);
    await walkFolder(content.folder, { into: found, prefix: `${path}/`, as: 'library', takes });
  }
  if (python !== undefined)
    await walkFolder(`${folder}/${vendorFolder}`, {
      into: found,
      prefix: `${vendorFolder}/`,
      as: 'library',
      takes: takesFromVendor,
    });
  const native = nativeFiles(found.files);
  const dependencies = {
    packages: [
      ...packages.map(({ name, content }) => `${name} ${content.version}`),
      ...(python?.installed ?? []).map(({ name, version }) => `${name} ${version}`),
    ],
    native,
    faults: [...faults, ...(python?.faults ?? []), ...(await nativeFaults(folder, native))],
  };
  found.note(JSON.stringify(dependencies));
  return { files: found.files, mark: found.mark(), dependencies };
}

const nothing = { packages: [], faults: [] } as const;
