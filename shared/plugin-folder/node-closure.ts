import { basename, dirname } from 'node:path';
import { installedPackage, type Need, type NodePackage } from './package-json.ts';
import { isInRange } from './version-range.ts';

/** A package that goes along, and where it lies in the bundle: `node_modules/pg`, `node_modules/pg/node_modules/x`. */
export type PlacedPackage = { readonly name: string; readonly path: string; readonly content: NodePackage };

export type NodeClosure = { readonly packages: readonly PlacedPackage[]; readonly faults: readonly string[] };

/**
 * What a plugin needs at run time, and what that needs, wherever it is installed: beside the plugin, or further up as in a repository with one
 * `node_modules` for all. How it lies in the bundle follows from the packages alone, not from how they happened to be installed.
 *
 * Each lies as high as it can: at the top, unless another version is there already; then below the one that needs it. Node finds the
 * nearest one, so that each finds the version that it found here.
 */
export async function nodeClosure(plugin: NodePackage): Promise<NodeClosure> {
  const placed = new Map<string, PlacedPackage>();
  const faults: string[] = [];
  const install = `run \`npm install\` in ${basename(dirname(plugin.folder))}/${basename(plugin.folder)}`;
  const waiting: { readonly path: string; readonly who: string; readonly content: NodePackage }[] = [
    { path: '', who: 'package.json', content: plugin },
  ];
  for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
    for (const need of one.content.needs) {
      const found = await installedPackage(need.name, one.content.folder);
      if (found === undefined) {
        if (need.required) faults.push(`${need.name}, which ${one.who} needs, is not installed: ${install}.`);
        continue;
      }
      // what others need was chosen by the installer
      if (one.path === '' && !isInRange(found.version, need.range)) faults.push(otherVersion(need, found, install));
      const path = placeFor(need.name, one.path, found, placed);
      if (path === undefined) continue;
      if (placed.size === maxPackages) return { packages: [], faults: [`It needs more than ${maxPackages} packages.`] };
      placed.set(path, { name: need.name, path, content: found });
      waiting.push({ path, who: `${need.name} ${found.version}`, content: found });
    }
  }
  return { packages: [...placed.values()], faults };
}

/** More have more files than a bundle can hold; and what needs itself in two versions has no end. */
const maxPackages = 1000;

/** @returns undefined if Node finds this very package already from there */
function placeFor(
  name: string,
  from: string,
  found: NodePackage,
  placed: ReadonlyMap<string, PlacedPackage>,
): string | undefined {
  for (let at = from; ; at = parentOf(at)) {
    const path = below(at, name);
    const there = placed.get(path);
    if (there !== undefined) return there.content.folder === found.folder ? undefined : below(from, name);
    if (at === '') return path;
  }
}

const below = (path: string, name: string): string => (path === '' ? `node_modules/${name}` : `${path}/node_modules/${name}`);

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/')));

const otherVersion = ({ name, range }: Need, { version }: NodePackage, install: string): string =>
  `package.json asks for ${name} ${range}, but ${version} is installed: ${install}.`;
