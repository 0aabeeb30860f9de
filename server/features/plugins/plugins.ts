import { toInstant } from '../../../shared/api/listing.ts';
import type { PluginSummary } from '../../../shared/api/plugins.ts';
import type { SignedEntry } from '../../../shared/plugin-bundle.ts';
import type { PluginManifest } from '../../../shared/plugin-manifest.ts';
import type { PluginBundlesTable, PluginsTable } from '../../schema/tables/plugins.tables.ts';

/** A bundle as the rest of the server sees it. */
export type PluginView = {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** of its canonical text */
  readonly bytes: number;
  readonly manifest: PluginManifest;
  /** of the plugin now: read from the plugins folder, or put through the API */
  readonly source: PluginsTable['source'];
};

/** What is kept in memory of a bundle: all but its text. */
export type BundleRecord = {
  readonly sha256: string;
  readonly name: string;
  readonly version: string;
  readonly manifest: PluginManifest;
  readonly bytes: number;
  readonly createdAt: number;
  readonly createdBy: string;
};

/** Which bundle of a plugin is the current one. */
export type CurrentPlugin = {
  readonly name: string;
  readonly sha256: string;
  readonly source: PluginsTable['source'];
  readonly updatedAt: number;
};

export const bundleOfRow = (row: Omit<PluginBundlesTable, 'bundle'>): BundleRecord => ({
  sha256: row.sha256,
  name: row.name,
  version: row.version,
  manifest: JSON.parse(row.manifest) as PluginManifest,
  bytes: row.bytes,
  createdAt: row.created_at,
  createdBy: row.created_by,
});

export const viewOf = ({ name, version, sha256, bytes, manifest }: BundleRecord, source: PluginsTable['source']): PluginView => ({
  name,
  version,
  sha256,
  bytes,
  manifest,
  source,
});

export const entryOf = ({ name, version, sha256, bytes }: BundleRecord): SignedEntry => ({ name, version, sha256, bytes });

/** @param heldBy agents that hold the current bundle */
export const summaryOf = (
  { manifest, bytes }: BundleRecord,
  { name, sha256, source, updatedAt }: CurrentPlugin,
  heldBy: number,
): PluginSummary => ({
  name,
  version: manifest.version,
  description: manifest.description,
  runtime: manifest.runtime,
  actions: manifest.actions,
  platforms: manifest.platforms ?? null,
  sha256,
  bytes,
  source,
  updatedAt: toInstant(updatedAt),
  heldBy,
});
