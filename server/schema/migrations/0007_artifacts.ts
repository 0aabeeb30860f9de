import type { Migration } from '../../platform/db/migrations.ts';

/** Files that are kept with an execution: here what they are, in the data folder what is in them. */
export const artifacts: Migration = {
  name: '0007_artifacts',
  statements: [
    `CREATE TABLE artifacts (
      execution_id TEXT NOT NULL REFERENCES executions(id) ON DELETE CASCADE, name TEXT NOT NULL, attempt INTEGER NOT NULL,
      bytes BIGINT NOT NULL, sha256 TEXT NOT NULL, stored_at BIGINT NOT NULL, refused TEXT, PRIMARY KEY (execution_id, name)
    )`,
    'CREATE INDEX artifacts_by_content ON artifacts (sha256)',
  ],
};
