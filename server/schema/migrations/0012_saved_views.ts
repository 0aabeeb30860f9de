import type { Migration } from '../../platform/db/migrations.ts';

/** Filters of a list that somebody gave a name. */
export const savedViews: Migration = {
  name: '0012_saved_views',
  statements: [
    `CREATE TABLE saved_views (
      id TEXT PRIMARY KEY, list TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, owner TEXT NOT NULL, shared INTEGER NOT NULL,
      created_at BIGINT NOT NULL
    )`,
    // nobody has two of one name; also what somebody has of a list
    'CREATE UNIQUE INDEX saved_views_by_owner ON saved_views (owner, list, name)',
    'CREATE INDEX saved_views_shared ON saved_views (list, name) WHERE shared = 1',
  ],
};
