import type { Logger } from 'pino';
import type { MusterError } from '../shared/errors.ts';
import type { RandomBytes } from '../shared/ids.ts';
import type { ServerSettings } from '../shared/settings-server.ts';
import { type ApiResources, apiRoutes } from './api.ts';
import { apiTags } from './api-tags.ts';
import { type DashboardResources, dashboardPages } from './dashboard.ts';
import { readStorage } from './features/storage/storage.service.ts';
import type { Clock } from './platform/clock.ts';
import type { FileDatabase } from './platform/db/open.ts';
import type { EventBus } from './platform/events/bus.ts';
import type { Clients } from './platform/http/client-address.ts';
import { createHttp } from './platform/http/http.ts';
import type { HttpServer } from './platform/http/http-server.ts';
import type { Idempotency } from './platform/http/idempotency.ts';
import { createMetrics } from './platform/http/metrics.ts';
import { withOpenApi } from './platform/http/openapi.routes.ts';
import { operationsRoutes } from './platform/http/operations.routes.ts';
import { createRequestIds } from './platform/http/request-ids.ts';
import type { AnyRoute } from './platform/http/route.ts';
import { observeDatabase, observeProcess, observeRequests } from './platform/http/server-metrics.ts';
import { createLive } from './platform/web/live.ts';
import { createWeb } from './platform/web/web.ts';
import type { Database } from './schema/schema.ts';
import { version } from './version.ts';

/** What each route and each page takes of what it needs. */
export type AnsweringFeatures = Omit<
  ApiResources & DashboardResources,
  'storage' | 'settings' | 'heartbeatSeconds' | 'clock' | 'publicUrl'
>;

export type HttpAnswersResources = {
  readonly server: HttpServer;
  readonly settings: ServerSettings;
  readonly publicUrl: string | null;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Logger;
  readonly db: Database;
  readonly port: Pick<FileDatabase<unknown>, 'space' | 'rowsAbout'>;
  /** why nothing can be written at present, if so */
  readonly diskFailure: () => MusterError | undefined;
  readonly events: EventBus;
  readonly idempotency: Idempotency;
  readonly clients: Clients;
  readonly features: AnsweringFeatures;
  /** tests: an answer that its schema does not describe is an error */
  readonly validateResponses: boolean;
};

export type HttpAnswers = {
  readonly routes: readonly AnyRoute[];
  /** such as `GET /runs/:id` */
  readonly pages: readonly string[];
  /** Ends the streams of live events. */
  stop(): void;
};

/** All that is answered over HTTP: the API, the dashboard, live events, and what those ask who watch over the process. */
export function answerHttp(resources: HttpAnswersResources): HttpAnswers {
  const { server, settings, publicUrl, clock, randomBytes, log, db, port, diskFailure, events, features } = resources;
  const { idempotency, clients, validateResponses } = resources;
  const { authenticate } = features.auth;
  const { heartbeatSeconds, bodyLimitBytes: bodyLimit } = settings;
  const live = createLive({ events, clock, authenticate, randomBytes });
  const metrics = createMetrics();
  observeProcess(metrics);
  observeDatabase(metrics, port.space);
  const { agents, artifacts } = features;
  const storage = () =>
    readStorage({ db, clock, port, settings, artifactBytes: artifacts.total, hosts: () => agents.all().length });
  const web = createWeb({
    pages: dashboardPages({ ...features, storage, settings, heartbeatSeconds, clock, publicUrl }),
    authenticate,
    clock,
    live,
    bodyLimit,
  });
  const readiness = {
    database: async () => void (await db.read.selectFrom('catalogue').select('id').execute()),
    disk() {
      const failure = diskFailure();
      if (failure !== undefined) throw failure;
    },
  };
  const routes = withOpenApi(
    [...apiRoutes({ ...features, publicUrl, clock }), ...live.routes, ...operationsRoutes({ metrics, clock, readiness })],
    { version, serverUrl: publicUrl ?? `http://${settings.host}:${settings.port}`, tags: apiTags },
  );
  server.onRequest(
    createHttp({
      routes,
      pages: web.endpoints,
      errorPage: web.errorPage,
      authenticate,
      idempotency,
      server,
      requestIds: createRequestIds(randomBytes),
      clients,
      clock,
      log,
      observe: observeRequests(metrics),
      bodyLimit,
      validateResponses,
    }),
  );
  return { routes, pages: web.endpoints.map(({ method, path }) => `${method} ${path}`), stop: live.stop };
}
