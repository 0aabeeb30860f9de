import { joinLines as linesFor } from '../shared/join-lines.ts';
import type { ServerSettings } from '../shared/settings-server.ts';
import { createAgentPages } from './features/agents/agent.pages.ts';
import { createAgentsPages } from './features/agents/agents.pages.ts';
import type { AgentsService } from './features/agents/agents.service.ts';
import type { ArtifactsService } from './features/artifacts/artifacts.service.ts';
import { createAuditPages } from './features/audit/audit.pages.ts';
import type { AuditService } from './features/audit/audit.service.ts';
import { createAccountPages } from './features/auth/account.pages.ts';
import type { AuthService } from './features/auth/auth.service.ts';
import { createJoinTokensPages } from './features/auth/join-tokens.pages.ts';
import { createRolesPages } from './features/auth/roles.pages.ts';
import { createSignInPages } from './features/auth/sign-in.pages.ts';
import { createTokensPages } from './features/auth/tokens.pages.ts';
import { createUsersPages } from './features/auth/users.pages.ts';
import type { LogsService } from './features/logs/logs.service.ts';
import type { MetricsService } from './features/metrics/metrics.service.ts';
import type { OverviewFeature } from './features/overview/overview.feature.ts';
import { createOverviewPages } from './features/overview/overview.pages.ts';
import { createPluginEditorPages } from './features/plugins/plugin-editor.pages.ts';
import { createPluginsPages } from './features/plugins/plugins.pages.ts';
import type { PluginsService } from './features/plugins/plugins.service.ts';
import type { ReleasesService } from './features/releases/releases.service.ts';
import { createSavedViewsPages } from './features/saved-views/saved-views.pages.ts';
import type { SavedViewsService } from './features/saved-views/saved-views.service.ts';
import { readBoard } from './features/schedules/schedule-board.ts';
import { createSchedulesPages } from './features/schedules/schedules.pages.ts';
import { createSearchPages } from './features/search/search.pages.ts';
import type { Search } from './features/search/search.service.ts';
import { createSecretsPages } from './features/secrets/secrets.pages.ts';
import type { SecretsService } from './features/secrets/secrets.service.ts';
import { createStoragePages } from './features/storage/storage.pages.ts';
import type { StorageFigures } from './features/storage/storage.service.ts';
import { createExecutionsPages } from './features/tasks/executions.pages.ts';
import { createRunsPages } from './features/tasks/runs.pages.ts';
import { createTaskFormPages } from './features/tasks/task-form.pages.ts';
import type { TasksFeature } from './features/tasks/tasks.feature.ts';
import { createTasksPages } from './features/tasks/tasks.pages.ts';
import { createTrialsPages } from './features/trials/trials.pages.ts';
import { createTrials } from './features/trials/trials.service.ts';
import { offeredAgent } from './features/updates/offered-agent.ts';
import { createUpdatePages } from './features/updates/update.pages.ts';
import { createUpdatesPages } from './features/updates/updates.pages.ts';
import type { UpdatesService } from './features/updates/updates.service.ts';
import type { Clock } from './platform/clock.ts';
import type { AnyPage } from './platform/web/page.ts';

export type DashboardResources = {
  readonly audit: AuditService;
  readonly auth: AuthService;
  readonly secrets: SecretsService;
  readonly agents: AgentsService;
  readonly plugins: PluginsService;
  readonly logs: LogsService;
  readonly artifacts: Pick<ArtifactsService, 'list'>;
  readonly ledger: TasksFeature;
  readonly overview: OverviewFeature;
  readonly search: Search;
  readonly releases: Pick<ReleasesService, 'platforms' | 'signed'>;
  readonly updates: UpdatesService;
  readonly savedViews: SavedViewsService;
  readonly metrics: MetricsService;
  readonly storage: () => Promise<StorageFigures>;
  readonly settings: ServerSettings;
  readonly heartbeatSeconds: number;
  readonly clock: Clock;
  readonly publicUrl: string | null;
};

const joinedLatelyMs = 3_600_000;

/** Every page of the dashboard. A page takes just the calls that it makes. */
export function dashboardPages({
  audit,
  auth,
  secrets,
  agents,
  plugins,
  logs,
  artifacts,
  ledger,
  overview,
  search,
  releases,
  updates,
  savedViews,
  metrics,
  storage,
  settings,
  heartbeatSeconds,
  clock,
  publicUrl,
}: DashboardResources): AnyPage[] {
  const { tasks, runs, executions, finder } = ledger;
  const secretNames = async () => (await secrets.list({ limit: 200 })).items.map(({ name }) => name);
  const offered = () => offeredAgent(releases);
  const joinLines = async (serverUrl: string, token: string) => linesFor(serverUrl, token, await releases.platforms());
  return [
    ...createSignInPages(auth),
    ...createOverviewPages({
      read: overview.read,
      welcome: overview.welcome,
      createTask: tasks.create,
      createJoinToken: auth.joinTokens.create,
      joinLines,
      publicUrl,
    }),
    ...createSearchPages(search),
    ...createAgentsPages({ agents, offered, sparklines: metrics.sparklines, heartbeatSeconds, clock }),
    // before the page of one agent: `/agents/updates` is not an agent
    ...createUpdatesPages({
      ...updates,
      outdated: async () => agents.all().filter((await offered())?.isOutdated ?? (() => false)).length,
    }),
    ...createUpdatePages(updates),
    ...createAgentPages({
      ...agents,
      executions: executions.list,
      metrics: metrics.series,
      offered,
      updateOf: updates.ofHost,
      heartbeatSeconds,
      clock,
    }),
    // before the page of one task: `/tasks/new` is not a task
    ...createTaskFormPages({
      firings: tasks.preview,
      plugins: plugins.list,
      history: plugins.history,
      preview: agents.preview,
      secretNames,
      create: tasks.create,
      get: tasks.get,
      update: tasks.update,
    }),
    ...createTasksPages({ ...tasks, runs: runs.list, lastRuns: finder.lastRunsOf, clock }),
    ...createSchedulesPages({ board: (query) => readBoard(query, { planned: ledger.planned, clock }) }),
    ...createRunsPages({ ...runs, executions: executions.list }),
    ...createExecutionsPages({
      ...executions,
      readLog: logs.read,
      artifactsOf: artifacts.list,
      savedViews: (viewer) => savedViews.list('executions', viewer),
      plugins: plugins.list,
      agentNamed: agents.byName,
      nameOf: async (kind, id) =>
        kind === 'agent'
          ? agents.all().find((agent) => agent.id === id)?.name
          : await tasks.get(id).then(
              ({ name }) => name,
              () => undefined,
            ),
    }),
    ...createSavedViewsPages(savedViews),
    ...createPluginEditorPages(plugins),
    ...createTrialsPages({
      trials: createTrials({
        plugins: plugins.list,
        history: plugins.history,
        byHash: plugins.byHash,
        agentNamed: agents.byName,
        create: tasks.create,
        task: tasks.get,
        executionsOf: executions.list,
        execution: executions.get,
        readLog: logs.read,
      }),
      agents: agents.all,
      secretNames,
    }),
    ...createPluginsPages({
      ...plugins,
      lastUsed: async (names) => {
        const newest = await Promise.all(names.map((plugin) => runs.list({ plugin, limit: 1 })));
        return new Map(newest.flatMap(({ items: [run] }) => (run === undefined ? [] : [[run.plugin, run.createdAt] as const])));
      },
    }),
    ...createAccountPages(auth),
    ...createSecretsPages(secrets),
    ...createUsersPages(auth.users),
    ...createRolesPages(),
    ...createTokensPages(auth.tokens),
    ...createJoinTokensPages({
      ...auth.joinTokens,
      joinLines,
      publicUrl,
      joinedLately: () => agents.joinedSince(clock.now() - joinedLatelyMs),
    }),
    ...createStoragePages({ figures: storage, settings }),
    ...createAuditPages({ ...audit, find: search.find }),
  ];
}
