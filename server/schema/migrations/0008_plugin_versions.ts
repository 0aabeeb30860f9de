import type { Migration } from '../../platform/db/migrations.ts';

/** A task may hold on to one version of its plugin. */
export const pluginVersions: Migration = {
  name: '0008_plugin_versions',
  statements: [
    'ALTER TABLE tasks ADD COLUMN plugin_sha256 TEXT',
    'CREATE INDEX tasks_pinned ON tasks (plugin_sha256) WHERE plugin_sha256 IS NOT NULL AND deleted_at IS NULL',
  ],
};
