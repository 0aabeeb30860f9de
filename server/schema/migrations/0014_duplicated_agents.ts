import type { Migration } from '../../platform/db/migrations.ts';

/** That two hosts use the identity of one agent. */
export const duplicatedAgents: Migration = {
  name: '0014_duplicated_agents',
  statements: ['ALTER TABLE agents ADD COLUMN duplicate TEXT'],
};
