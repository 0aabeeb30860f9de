import { MusterError } from '../../shared/errors.ts';
import { positionInJson } from '../../shared/json-position.ts';
import { manifestOrFaults } from '../../shared/manifest-faults.ts';
import type { BundleFile } from '../../shared/plugin-bundle.ts';
import type { PluginManifest } from '../../shared/plugin-manifest.ts';

export const manifestPath = 'plugin.json';

export type ManifestRead =
  | { readonly manifest: PluginManifest; readonly text: string }
  /** sentences that begin with the place: `plugin.json:4:3: …` */
  | { readonly faults: readonly string[] };

/** @throws MusterError plugin_invalid, with the first fault */
export function readManifest(files: readonly BundleFile[]): PluginManifest {
  const read = tryManifest(files);
  if ('manifest' in read) return read.manifest;
  throw new MusterError('plugin_invalid', read.faults[0] ?? '');
}

export function tryManifest(files: readonly BundleFile[]): ManifestRead {
  const file = files.find(({ path }) => path === manifestPath);
  if (file === undefined)
    return {
      faults: [
        `There is no ${manifestPath} in the folder. \`muster plugins new\` writes one to begin with; a single file needs none.`,
      ],
    };
  // the mark before it is no part of JSON, and no column
  const text = Buffer.from(file.base64, 'base64')
    .toString('utf8')
    .replace(/^\uFEFF/, '');
  const read = manifestOrFaults(text);
  if ('manifest' in read) return { manifest: read.manifest, text };
  return { faults: read.faults.map(({ line, column, message }) => `${manifestPath}:${line}:${column}: ${message}`) };
}

/** `plugin.json:4:3`, of a member of it. */
export const placeInManifest = (text: string, path: readonly PropertyKey[]): string => {
  const { line, column } = positionInJson(text, path);
  return `${manifestPath}:${line}:${column}`;
};
