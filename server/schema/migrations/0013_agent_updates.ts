import type { Migration } from '../../platform/db/migrations.ts';

/** Updates of the agents in waves, each host of them in a row; and what each agent runs as. */
export const agentUpdates: Migration = {
  name: '0013_agent_updates',
  statements: [
    'ALTER TABLE agents ADD COLUMN executable TEXT',
    'ALTER TABLE agents ADD COLUMN other_protocol INTEGER',
    `CREATE TABLE agent_updates (
      id TEXT PRIMARY KEY, release TEXT NOT NULL, settings TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, waves TEXT NOT NULL,
      next_wave_at BIGINT, forgiven INTEGER NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, created_by TEXT NOT NULL, finished_at BIGINT
    )`,
    // at most one row is in force
    "CREATE UNIQUE INDEX agent_updates_in_force ON agent_updates ((state = 'ended')) WHERE state <> 'ended'",
    `CREATE TABLE agent_update_hosts (
      update_id TEXT NOT NULL, agent_id TEXT NOT NULL, agent_name TEXT NOT NULL, wave INTEGER NOT NULL, state TEXT NOT NULL,
      message TEXT NOT NULL, changed_at BIGINT NOT NULL, away_since BIGINT, deadline_at BIGINT, PRIMARY KEY (update_id, agent_id)
    )`,
    // counts of waves, who waits, who is under way, and the list of the hosts by their state
    'CREATE INDEX agent_update_hosts_by_wave ON agent_update_hosts (update_id, wave, state, agent_id)',
    'CREATE INDEX agent_update_hosts_by_state ON agent_update_hosts (update_id, state, agent_id)',
    'CREATE INDEX agent_update_hosts_due ON agent_update_hosts (deadline_at) WHERE deadline_at IS NOT NULL',
  ],
};
