import { toInstant } from '../../../shared/api/listing.ts';
import type { PluginDetail } from '../../../shared/api/plugins.ts';
import { readableJson } from '../../../shared/json.ts';
import type { PluginBundle } from '../../../shared/plugin-bundle.ts';
import { manifestPath } from './bundles.ts';
import { type BundleRecord, type CurrentPlugin, summaryOf } from './plugins.ts';

const longestText = 512 * 1024;

/** With the files as a person reads and edits them: `plugin.json` is written out, so that what is shown can be pushed again. */
export function pluginDetailOf(
  plugin: CurrentPlugin,
  bundle: BundleRecord,
  files: PluginBundle['files'],
  versions: readonly BundleRecord[],
  heldBy: number,
): PluginDetail {
  const manifest = `${readableJson(bundle.manifest)}\n`;
  return {
    ...summaryOf(bundle, plugin, heldBy),
    files: [
      { path: manifestPath, executable: false, bytes: Buffer.byteLength(manifest), text: manifest },
      ...files.map(({ path, executable, base64 }) => {
        const bytes = Buffer.from(base64, 'base64');
        return { path, executable, bytes: bytes.length, text: textOf(bytes) };
      }),
    ],
    versions: versions.toReversed().map(({ sha256, version, createdAt, createdBy }) => ({
      sha256,
      version,
      createdAt: toInstant(createdAt),
      createdBy,
      current: sha256 === plugin.sha256,
    })),
  };
}

/** Null for what is not text, or too long to be read by a person. */
function textOf(bytes: Buffer): string | null {
  if (bytes.length > longestText || bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
