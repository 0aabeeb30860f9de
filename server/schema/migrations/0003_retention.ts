import type { Migration } from '../../platform/db/migrations.ts';

/** What is old enough to be removed is found by an index, and a log that was removed says so. */
export const retention: Migration = {
  name: '0003_retention',
  statements: [
    'ALTER TABLE executions ADD COLUMN log_removed_at BIGINT',
    'CREATE INDEX runs_by_end ON runs (finished_at, id) WHERE finished_at IS NOT NULL',
    // a result may still come for what ended without one, and with it the rest of its log: that one goes with its run
    `CREATE INDEX executions_with_log ON executions (finished_at, id)
      WHERE log_bytes > 0 AND open = 0 AND duration_ms IS NOT NULL AND log_removed_at IS NULL`,
  ],
};
