import type { Migration } from '../../platform/db/migrations.ts';

/** What the overview shows without counting the history, and tasks found by the beginning of their names. */
export const overviewAndSearch: Migration = {
  name: '0011_overview_and_search',
  statements: [
    // executions that ended in each minute of the last day; written once a minute
    `CREATE TABLE throughput (
      minute BIGINT PRIMARY KEY, succeeded BIGINT NOT NULL, failed BIGINT NOT NULL, other BIGINT NOT NULL
    )`,
    // what happens once in the life of a server, such as the end of its welcome
    'CREATE TABLE milestones (name TEXT PRIMARY KEY, reached_at BIGINT NOT NULL, reached_by TEXT NOT NULL)',
    // who has worked with it already needs no welcome
    `INSERT INTO milestones (name, reached_at, reached_by)
      SELECT 'welcomed', 0, 'system' WHERE EXISTS (SELECT 1 FROM runs)`,
    'CREATE INDEX tasks_by_name ON tasks (lower(name), id DESC) WHERE deleted_at IS NULL',
  ],
};
