export type PluginBundlesTable = {
  sha256: string;
  name: string;
  version: string;
  manifest: string;
  /** canonical text of the bundle */
  bundle: string;
  bytes: number;
  created_at: number;
  created_by: string;
};

/** Which bundle of a plugin is the current one. */
export type PluginsTable = {
  name: string;
  sha256: string;
  source: 'folder' | 'pushed';
  updated_at: number;
  /** null, or the time at which it was deleted */
  deleted_at: number | null;
};

/** One row: the number of the newest catalogue. */
export type CatalogueTable = { id: 1; generation: number };
