import type { Kysely, Transaction } from 'kysely';
import type { DatabasePort } from '../platform/db/port.ts';
import type {
  ApiTokensTable,
  AuditTable,
  IdempotencyTable,
  JoinTokensTable,
  SessionsTable,
  UsersTable,
} from './tables/access.tables.ts';
import type { AgentPluginsTable, AgentsTable } from './tables/agents.tables.ts';
import type { ArtifactsTable } from './tables/artifacts.tables.ts';
import type { MetricBlocksTable } from './tables/metrics.tables.ts';
import type { MilestonesTable, ThroughputTable } from './tables/overview.tables.ts';
import type { CatalogueTable, PluginBundlesTable, PluginsTable } from './tables/plugins.tables.ts';
import type { SavedViewsTable } from './tables/saved-views.tables.ts';
import type { SecretsTable, SecretUsesTable } from './tables/secrets.tables.ts';
import type {
  AttemptsTable,
  ExecutionGatesTable,
  ExecutionsTable,
  LateResultsTable,
  LogChunksTable,
  RunsTable,
  ServerClockTable,
  TasksTable,
  TaskVersionsTable,
} from './tables/tasks.tables.ts';
import type { AgentUpdateHostsTable, AgentUpdatesTable } from './tables/updates.tables.ts';

export type Tables = {
  users: UsersTable;
  sessions: SessionsTable;
  api_tokens: ApiTokensTable;
  join_tokens: JoinTokensTable;
  audit: AuditTable;
  idempotency: IdempotencyTable;
  agents: AgentsTable;
  agent_plugins: AgentPluginsTable;
  plugin_bundles: PluginBundlesTable;
  plugins: PluginsTable;
  catalogue: CatalogueTable;
  secrets: SecretsTable;
  secret_uses: SecretUsesTable;
  tasks: TasksTable;
  task_versions: TaskVersionsTable;
  runs: RunsTable;
  executions: ExecutionsTable;
  execution_gates: ExecutionGatesTable;
  attempts: AttemptsTable;
  late_results: LateResultsTable;
  log_chunks: LogChunksTable;
  artifacts: ArtifactsTable;
  metric_blocks: MetricBlocksTable;
  server_clock: ServerClockTable;
  throughput: ThroughputTable;
  milestones: MilestonesTable;
  saved_views: SavedViewsTable;
  agent_updates: AgentUpdatesTable;
  agent_update_hosts: AgentUpdateHostsTable;
};

export type Database = DatabasePort<Tables>;
/** Sees only what is committed. */
export type Reader = Kysely<Tables>;
/** Inside one unit of work of `Database.write`. */
export type Writer = Transaction<Tables>;
