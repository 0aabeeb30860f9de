import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MusterError } from '../../shared/errors.ts';
import { type BundleFile, bundleText, type PluginBundle, pluginBundle } from '../../shared/plugin-bundle.ts';
import type { PluginManifest } from '../../shared/plugin-manifest.ts';
import { singleFileManifest } from '../../shared/single-file-plugin.ts';
import { bundleFault } from './bundle-fault.ts';
import { readManifest } from './manifest-file.ts';
import type { PluginSource } from './plugin-source.ts';

/** A plugin as an agent would have it after its download: only what is part of its bundle, in a folder of its own. */
export type PluginHere = {
  readonly manifest: PluginManifest;
  readonly sha256: string;
  readonly bundleDir: string;
  /** free to be used, and removed with the rest */
  readonly folder: string;
  remove(): void;
};

/** @throws MusterError plugin_invalid */
export function unpackHere(source: PluginSource): PluginHere {
  const { manifest, files } = contentOf(source);
  const text = bundleText(checkedBundle(manifest, files));
  const folder = mkdtempSync(join(tmpdir(), 'muster-trial-'));
  const bundleDir = join(folder, 'bundle');
  for (const { path, executable, base64 } of files) {
    const file = join(bundleDir, ...path.split('/'));
    const isEntry = manifest.runtime === 'exec' && path === manifest.entry;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(base64, 'base64'), { mode: executable || isEntry ? 0o755 : 0o644 });
  }
  return {
    manifest,
    sha256: createHash('sha256').update(text).digest('hex'),
    bundleDir,
    folder,
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

function checkedBundle(manifest: PluginManifest, files: readonly BundleFile[]): PluginBundle {
  const bundle = pluginBundle.safeParse({ manifest, files });
  if (bundle.success) return bundle.data;
  throw new MusterError('plugin_invalid', bundleFault(bundle.error, files));
}

function contentOf(source: PluginSource): { manifest: PluginManifest; files: readonly BundleFile[] } {
  if (source.kind === 'folder') {
    const { faults } = source.dependencies;
    if (faults.length > 0) throw new MusterError('plugin_invalid', faults.join(' '));
    return { manifest: readManifest(source.files), files: source.files.filter(({ path }) => path !== 'plugin.json') };
  }
  const { name, base64 } = source.file;
  const manifest = singleFileManifest(source.name, name, Buffer.from(base64, 'base64').toString('utf8'));
  return { manifest, files: [{ path: name, executable: false, base64 }] };
}
