import type { Migration } from '../../platform/db/migrations.ts';

/** By which the journal of a returning agent is recognised as the one that held its work. */
export const agentLives: Migration = {
  name: '0004_agent_lives',
  statements: ['ALTER TABLE agents ADD COLUMN life_id TEXT'],
};
