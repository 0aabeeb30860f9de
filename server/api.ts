import { createAgentsRoutes } from './features/agents/agents.routes.ts';
import type { AgentsService } from './features/agents/agents.service.ts';
import { createEnrolmentRoutes } from './features/agents/enrolment.routes.ts';
import { createArtifactsRoutes } from './features/artifacts/artifacts.routes.ts';
import type { ArtifactsService } from './features/artifacts/artifacts.service.ts';
import { createAuditRoutes } from './features/audit/audit.routes.ts';
import type { AuditService } from './features/audit/audit.service.ts';
import { createAuthRoutes } from './features/auth/auth.routes.ts';
import type { AuthService } from './features/auth/auth.service.ts';
import { logRoutes } from './features/logs/logs.routes.ts';
import type { LogsService } from './features/logs/logs.service.ts';
import { createMetricsRoutes } from './features/metrics/metrics.routes.ts';
import type { MetricsService } from './features/metrics/metrics.service.ts';
import { createPluginsRoutes } from './features/plugins/plugins.routes.ts';
import type { PluginsService } from './features/plugins/plugins.service.ts';
import { createDownloadPlaces } from './features/releases/download-places.ts';
import { createReleasesRoutes } from './features/releases/releases.routes.ts';
import type { ReleasesService } from './features/releases/releases.service.ts';
import { createSavedViewsRoutes } from './features/saved-views/saved-views.routes.ts';
import type { SavedViewsService } from './features/saved-views/saved-views.service.ts';
import { createSearchRoutes } from './features/search/search.routes.ts';
import type { Search } from './features/search/search.service.ts';
import { createSecretsRoutes } from './features/secrets/secrets.routes.ts';
import type { SecretsService } from './features/secrets/secrets.service.ts';
import type { TasksFeature } from './features/tasks/tasks.feature.ts';
import { createUpdatesRoutes } from './features/updates/updates.routes.ts';
import type { UpdatesService } from './features/updates/updates.service.ts';
import type { Clock } from './platform/clock.ts';
import { createRateLimiter } from './platform/http/rate-limiter.ts';
import type { AnyRoute } from './platform/http/route.ts';

export type ApiResources = {
  readonly audit: AuditService;
  readonly auth: AuthService;
  readonly secrets: SecretsService;
  readonly agents: AgentsService;
  readonly plugins: PluginsService;
  readonly logs: LogsService;
  readonly artifacts: ArtifactsService;
  readonly ledger: TasksFeature;
  readonly metrics: MetricsService;
  readonly search: Search;
  readonly releases: ReleasesService;
  readonly updates: UpdatesService;
  readonly publicUrl: string | null;
  readonly savedViews: SavedViewsService;
  readonly clock: Clock;
};

/** Every route of the features. */
export const apiRoutes = ({
  audit,
  auth,
  secrets,
  agents,
  plugins,
  logs,
  artifacts,
  ledger,
  metrics,
  search,
  releases,
  updates,
  publicUrl,
  savedViews,
  clock,
}: ApiResources): AnyRoute[] => [
  ...ledger.routes,
  ...logRoutes({ logs, isFinal: ledger.executions.isFinal }),
  ...createAgentsRoutes(agents),
  ...createMetricsRoutes(metrics),
  ...createPluginsRoutes(plugins),
  ...createSearchRoutes(search),
  ...createSavedViewsRoutes(savedViews),
  ...createAuthRoutes(auth),
  ...createSecretsRoutes(secrets),
  ...createArtifactsRoutes(artifacts),
  ...createAuditRoutes(audit),
  ...createReleasesRoutes({ releases, places: createDownloadPlaces(), publicUrl }),
  ...createUpdatesRoutes(updates),
  ...createEnrolmentRoutes({ ...agents, failures: createRateLimiter({ clock, burst: 20, secondsPerTry: 5 }) }),
];
