import type { PluginDetail, PluginVersion } from '../../../shared/api/plugins.ts';
import { readableJson } from '../../../shared/json.ts';
import type { PluginBundle } from '../../../shared/plugin-bundle.ts';
import type { PluginManifest } from '../../../shared/plugin-manifest.ts';
import { manifestPath } from './bundles.ts';
import { type BundleRecord, type CurrentPlugin, summaryOf } from './plugins.ts';

const longestText = 512 * 1024;

export function pluginDetailOf(
  plugin: CurrentPlugin,
  bundle: BundleRecord,
  files: PluginBundle['files'],
  versions: PluginVersion[],
  hidesFolder: boolean,
): PluginDetail {
  const heldBy = versions.find(({ current }) => current)?.heldBy ?? 0;
  return { ...summaryOf(bundle, plugin, heldBy), files: filesOf(bundle.manifest, files), versions, hidesFolder };
}

/** The files as a person reads and edits them: `plugin.json` is written out, so that what is shown can be pushed again. */
export function filesOf(of: PluginManifest, files: PluginBundle['files']): PluginDetail['files'] {
  const manifest = `${readableJson(of)}\n`;
  return [
    { path: manifestPath, executable: false, bytes: Buffer.byteLength(manifest), text: manifest },
    ...files.map(({ path, executable, base64 }) => {
      const bytes = Buffer.from(base64, 'base64');
      return { path, executable, bytes: bytes.length, text: textOf(bytes) };
    }),
  ];
}

/** Null for what is not text, or too long to be read by a person. */
export function textOf(bytes: Buffer): string | null {
  if (bytes.length > longestText || bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
