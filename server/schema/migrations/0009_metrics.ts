import type { Migration } from '../../platform/db/migrations.ts';

/**
 * Metrics of the hosts over time, sixty steps in one row. The key begins with the time, so that writing goes on at one place, and what is
 * old enough lies together.
 */
export const metrics: Migration = {
  name: '0009_metrics',
  statements: [
    `CREATE TABLE metric_blocks (
      step_seconds INTEGER NOT NULL, start BIGINT NOT NULL, agent_id TEXT NOT NULL, samples BYTEA NOT NULL,
      PRIMARY KEY (step_seconds, start, agent_id)
    )`,
  ],
};
