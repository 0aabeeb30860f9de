import type { Migration } from '../../platform/db/migrations.ts';
import { spine } from './0001_spine.ts';
import { lateResults } from './0002_late_results.ts';
import { retention } from './0003_retention.ts';
import { agentLives } from './0004_agent_lives.ts';
import { timeAndConcurrency } from './0005_time_and_concurrency.ts';
import { secrets } from './0006_secrets.ts';
import { artifacts } from './0007_artifacts.ts';
import { pluginVersions } from './0008_plugin_versions.ts';
import { metrics } from './0009_metrics.ts';
import { foldKeys } from './0010_fold_keys.ts';
import { overviewAndSearch } from './0011_overview_and_search.ts';
import { savedViews } from './0012_saved_views.ts';
import { agentUpdates } from './0013_agent_updates.ts';
import { duplicatedAgents } from './0014_duplicated_agents.ts';
import { openAndEnded } from './0015_open_and_ended.ts';

/** In the order in which they are applied. */
export const migrations: readonly Migration[] = [
  spine,
  lateResults,
  retention,
  agentLives,
  timeAndConcurrency,
  secrets,
  artifacts,
  pluginVersions,
  metrics,
  foldKeys,
  overviewAndSearch,
  savedViews,
  agentUpdates,
  duplicatedAgents,
  openAndEnded,
];
