import type { Migration } from '../../platform/db/migrations.ts';

/** What became known of attempts that the ledger had given up, and the time that the server saw last. */
export const lateResults: Migration = {
  name: '0002_late_results',
  statements: [
    // recorded once: the first word of an agent about an attempt stands
    `CREATE TABLE late_results (
      execution_id TEXT NOT NULL REFERENCES executions(id) ON DELETE CASCADE, attempt INTEGER NOT NULL, agent_id TEXT NOT NULL,
      outcome TEXT NOT NULL, reason TEXT NOT NULL, message TEXT, exit_code INTEGER, data TEXT, duration_ms DOUBLE PRECISION,
      received_at BIGINT NOT NULL, PRIMARY KEY (execution_id, attempt)
    )`,
    'CREATE TABLE server_clock (id INTEGER PRIMARY KEY, seen_at BIGINT NOT NULL)',
  ],
};
