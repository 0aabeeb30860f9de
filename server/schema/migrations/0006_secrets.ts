import type { Migration } from '../../platform/db/migrations.ts';

/** Secrets, sealed, and which tasks name them. */
export const secrets: Migration = {
  name: '0006_secrets',
  statements: [
    `CREATE TABLE secrets (
      name TEXT PRIMARY KEY, key_id TEXT NOT NULL, nonce TEXT NOT NULL, sealed TEXT NOT NULL, updated_at BIGINT NOT NULL,
      updated_by TEXT NOT NULL, last_used_at BIGINT
    )`,
    // no reference to `secrets`: a secret may be removed and written again while a task goes on naming it
    `CREATE TABLE secret_uses (
      secret TEXT NOT NULL, task_id TEXT NOT NULL, task_name TEXT NOT NULL, PRIMARY KEY (secret, task_id)
    )`,
    'CREATE INDEX secret_uses_by_task ON secret_uses (task_id)',
  ],
};
