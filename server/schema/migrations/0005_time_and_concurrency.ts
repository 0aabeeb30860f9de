import type { Migration } from '../../platform/db/migrations.ts';

/**
 * How many executions may be under way at a time, of a task and of a named lock: each execution that is limited so has a row for each of
 * its gates, for as long as it is open. And when a task may fire, beside its cron expression or interval.
 */
export const timeAndConcurrency: Migration = {
  name: '0005_time_and_concurrency',
  statements: [
    'ALTER TABLE executions ADD COLUMN gates BIGINT NOT NULL DEFAULT 0',
    // work that is held back must not be walked through by the search for what can go; with one column more than
    // executions_by_agent_state, so that SQLite takes them first
    "CREATE INDEX executions_ungated ON executions (agent_id, state, open, id) WHERE state = 'queued' AND gates = 0",
    "CREATE INDEX executions_gated ON executions (agent_id, state, open, id) WHERE state = 'queued' AND gates > 0",
    `CREATE TABLE execution_gates (
      execution_id TEXT NOT NULL, gate TEXT NOT NULL, capacity BIGINT NOT NULL, held BIGINT NOT NULL, PRIMARY KEY (execution_id, gate)
    )`,
    'CREATE INDEX execution_gates_line ON execution_gates (gate, held, execution_id)',
    'ALTER TABLE tasks ADD COLUMN calendar TEXT',
  ],
};
