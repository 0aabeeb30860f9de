import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve, sep } from 'node:path';
import { iconNames } from '../../server/platform/web/icons.ts';
import { kitStyle, vendorFiles } from '../../server/platform/web/vendor.ts';
import type { ReleasePlatform } from '../../shared/release.ts';
import { filesBelow } from './program-files.ts';
import { fileEntry, type TreeEntry } from './tree-entry.ts';

/**
 * Of the installed packages what Muster loads or serves on this platform, and their licences. Two thirds of what npm installs is for people
 * who read or build the packages, for other platforms, or of a kit from which pages take one sheet.
 */
export function packageFiles(root: string, platform: ReleasePlatform): TreeEntry[] {
  const served = servedFiles(root);
  return productionPackages(root).flatMap((place) => {
    const isKept = keeps(place.slice('node_modules/'.length), platform);
    return filesOf(root, place)
      .filter((path) => isLicence(path) || served.has(`${place}/${path}`) || isKept(path))
      .map((path) => fileEntry(`${place}/${path}`, join(root, place, path)));
  });
}

/** They are there for others' type checks, builds and scripts; nothing loads them. */
const unloaded = new Set(['@popperjs/core', '@scarf/scarf', '@types/node', 'node-addon-api', 'undici-types']);
/** Of these, browsers get single files, and the server loads nothing. */
const served = new Set(['@tabler/core', '@tabler/icons', 'prism-code-editor', 'swagger-ui-dist', 'uplot']);
/** The packages of its native part, one for each platform. */
const terminal = '@lydell/node-pty-';
const prebuilt: Readonly<Record<ReleasePlatform, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'windows-x64': 'win32-x64',
};

function keeps(name: string, platform: ReleasePlatform): (path: string) => boolean {
  if (served.has(name)) return (path) => path === 'package.json';
  if (name === 'better-sqlite3')
    return (path) => path === 'package.json' || path.startsWith('lib/') || path === `prebuilds/${prebuilt[platform]}.node`;
  if (name.startsWith(terminal))
    return (path) => name === `${terminal}${prebuilt[platform]}` && /^package\.json$|\.node$/.test(path);
  return (path) => !forReaders.test(path);
}

const forReaders =
  /\.(ts|mts|cts|map|md|markdown|flow|yml|yaml|png|gif)$|(^|\/)\.[^/]+$|^(tests?|__tests__|benchmarks?|examples?|docs|\.github)\//;
const isLicence = (path: string): boolean => /(^|\/)(licen[cs]e|copying|notice)[^/]*$/i.test(path);

/** As the lock file tells them; the Node of a platform is another matter. */
function productionPackages(root: string): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;
  return Object.entries(packages)
    .filter(([place, { dev }]) => place !== '' && dev !== true && !/\/node-(linux|win)-[^/]+$/.test(place))
    .filter(([place]) => !unloaded.has(place.slice('node_modules/'.length)))
    .flatMap(([place, { optional }]) => {
      if (existsSync(join(root, place, 'package.json'))) return [place];
      if (optional === true) return [];
      throw new Error(`${place} is not installed: run \`npm ci\` first.`);
    });
}

type Lockfile = { readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>> };

/** Packages inside a package are entries of their own. */
const filesOf = (root: string, place: string): string[] =>
  filesBelow(root, place)
    .map((path) => path.slice(place.length + 1))
    .filter((path) => !path.includes('node_modules/'));

function servedFiles(root: string): ReadonlySet<string> {
  const find = createRequire(import.meta.url).resolve;
  const icons = iconNames.map((name) => find(`@tabler/icons/outline/${name}.svg`));
  return new Set(
    [...vendorFiles().values(), kitStyle(), ...icons].map((file) => relative(resolve(root), file).split(sep).join('/')),
  );
}
