import type { PluginManifest } from '../../shared/plugin-manifest.ts';

/** A plugin's bundle on the disk of this host, verified against its signed hash. */
export type Bundle = {
  readonly name: string;
  readonly sha256: string;
  /** where its files are; nobody writes there */
  readonly dir: string;
  readonly manifest: PluginManifest;
};
