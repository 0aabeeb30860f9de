import type { Migration } from '../../platform/db/migrations.ts';
import { spine } from './0001_spine.ts';
import { lateResults } from './0002_late_results.ts';
import { retention } from './0003_retention.ts';
import { agentLives } from './0004_agent_lives.ts';

/** In the order in which they are applied. */
export const migrations: readonly Migration[] = [spine, lateResults, retention, agentLives];
