import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { idGenerator } from '../shared/ids.ts';
import { protocolVersion } from '../shared/protocol.ts';
import type { ServerSettings } from '../shared/settings-server.ts';
import { apiTags } from './api-tags.ts';
import { dashboardPages } from './dashboard.ts';
import { createAgentsRoutes } from './features/agents/agents.routes.ts';
import { createAgents } from './features/agents/agents.service.ts';
import { createEnrolmentRoutes } from './features/agents/enrolment.routes.ts';
import { createAuditRoutes } from './features/audit/audit.routes.ts';
import { createAudit } from './features/audit/audit.service.ts';
import { createAuthRoutes } from './features/auth/auth.routes.ts';
import { createAuth } from './features/auth/auth.service.ts';
import { loadServerIdentity } from './features/auth/server-identity.ts';
import { logMessages } from './features/logs/logs.messages.ts';
import { logRoutes } from './features/logs/logs.routes.ts';
import { createLogs } from './features/logs/logs.service.ts';
import { createPluginsRoutes } from './features/plugins/plugins.routes.ts';
import { createPlugins } from './features/plugins/plugins.service.ts';
import { createSchedules } from './features/schedules/schedules.service.ts';
import { checkTiming, nextTiming } from './features/schedules/schedules.ts';
import { createTasksFeature } from './features/tasks/tasks.feature.ts';
import type { Clock } from './platform/clock.ts';
import { migrate } from './platform/db/migrate.ts';
import { openDatabase } from './platform/db/open.ts';
import { createEventBus } from './platform/events/bus.ts';
import { agentSocketPath, createGateway } from './platform/gateway/gateway.ts';
import { createHttp } from './platform/http/http.ts';
import { createHttpServer } from './platform/http/http-server.ts';
import { createIdempotency } from './platform/http/idempotency.ts';
import { createMetrics } from './platform/http/metrics.ts';
import { withOpenApi } from './platform/http/openapi.routes.ts';
import { operationsRoutes } from './platform/http/operations.routes.ts';
import { createRateLimiter } from './platform/http/rate-limiter.ts';
import { createRequestIds } from './platform/http/request-ids.ts';
import type { AnyRoute } from './platform/http/route.ts';
import { observeProcess, observeRequests } from './platform/http/server-metrics.ts';
import { createLoop } from './platform/loops/loop.ts';
import { createLive } from './platform/web/live.ts';
import { createWeb } from './platform/web/web.ts';
import { migrations } from './schema/migrations/all.ts';
import type { Tables } from './schema/schema.ts';
import { version } from './version.ts';

/** A server that listens. */
export type RunningServer = {
  readonly url: string;
  readonly port: number;
  /** opens the dashboard as `admin`, once, within ten minutes */
  readonly signInUrl: string;
  /** where the token of `admin` was written; null when it was given */
  readonly tokenFile: string | null;
  readonly routes: readonly AnyRoute[];
  /**
   * Orderly: no further offers and requests, agents told to come back, what is under way finished, the database closed clean. May be
   * called twice.
   */
  stop(): Promise<void>;
};

export type ServerResources = {
  readonly settings: ServerSettings;
  readonly clock: Clock;
  readonly log: Logger;
  /** tests: an answer that its schema does not describe is an error */
  readonly validateResponses?: boolean;
};

/** Requests that are under way at a stop get this long. */
const stopGraceMs = 5000;
const sweepEveryMs = 1000;
const hourMs = 3_600_000;

/** Builds everything, once, from the ground up the ladder of features, and starts it. */
export async function startServer({ settings, clock, log, validateResponses = false }: ServerResources): Promise<RunningServer> {
  const { dataDir, leaseSeconds, lostAfterSeconds, heartbeatSeconds } = settings;
  const db = await openDatabase<Tables>({
    dataDir,
    ...(settings.databaseUrl === undefined ? {} : { url: settings.databaseUrl.reveal() }),
  });
  await migrate(db, migrations, clock.now);

  const newId = idGenerator(clock.now, randomBytes);
  const events = createEventBus((error, name) => log.error({ err: error, event: name }, 'event listener failed'));
  const identity = await loadServerIdentity({ dataDir, randomBytes });
  const tls =
    settings.tlsCert !== undefined && settings.tlsKey !== undefined
      ? { certFile: settings.tlsCert, keyFile: settings.tlsKey }
      : null;
  const publicUrl = settings.publicUrl ?? null;

  const audit = createAudit({ db, clock, newId });
  const auth = createAuth({
    db,
    clock,
    newId,
    randomBytes,
    log,
    audit,
    fingerprint: identity.fingerprint,
    secureCookies: tls !== null || publicUrl?.startsWith('https:') === true,
    signInLimits: {
      byAddress: createRateLimiter({ clock, burst: 30, secondsPerTry: 2 }),
      byAddressAndName: createRateLimiter({ clock, burst: 10, secondsPerTry: 6 }),
    },
  });
  const { tokenFile } = await auth.ensureAdmin({
    dataDir,
    ...(settings.adminToken === undefined ? {} : { adminToken: settings.adminToken.reveal() }),
  });

  // what looks up the ladder is handed in as calls that are made later
  const agents = createAgents({
    db,
    clock,
    newId,
    randomBytes,
    log,
    events,
    audit,
    identity,
    joinTokens: auth.joinTokens,
    statusThresholds: settings,
    busyOf: (agentId) => ledger.busyOf(agentId),
    pluginsHeldBy: (agentId) => plugins.heldByAgent(agentId),
    signedCatalogue: () => plugins.signedCatalogue(),
    reconcile: (agentId, _name, journal) => ledger.presence.returned(agentId, journal),
    onReady: (connection) => ledger.agentChanged(connection.agentId),
    onGone: (agentId) => ledger.presence.gone(agentId),
    onRemoved: (agentId) => ledger.presence.removed(agentId),
  });
  const plugins = createPlugins({ db, clock, log, events, audit, identity, agents, openBundles: () => ledger.openBundles() });
  const logs = createLogs({ db, clock, events });
  const ledger = createTasksFeature({
    db,
    clock,
    newId,
    random: Math.random,
    events,
    audit,
    agents,
    plugins,
    logs,
    schedule: { check: checkTiming, next: nextTiming },
    leaseSeconds,
    lostAfterSeconds,
    wakeDispatch: () => dispatchLoop.wake(),
  });
  const schedules = createSchedules({
    clock,
    dueTasks: ledger.dueTasks,
    nextDueAt: ledger.nextDueAt,
    fireDue: ledger.tasks.fireDue,
    wake: () => scheduleLoop.wake(),
  });

  await plugins.start(settings.pluginsDir);
  await agents.start();

  // before `ledger.begin`, which asks for a dispatch of what the server before this one left queued
  const dispatchLoop = createLoop({ name: 'dispatch', clock, everyMs: 10_000, run: ledger.dispatch, log });
  const sweepLoop = createLoop({ name: 'sweep', clock, everyMs: sweepEveryMs, run: ledger.sweep, log });
  const scheduleLoop = createLoop({ name: 'schedules', clock, everyMs: 30_000, run: schedules.pass, log });
  await ledger.begin();
  const idempotency = createIdempotency({ db, clock, randomBytes });
  const housekeeping = createLoop({
    name: 'housekeeping',
    clock,
    everyMs: hourMs,
    run: async () => void (await idempotency.prune()),
    log,
  });
  const loops = [scheduleLoop, dispatchLoop, sweepLoop, housekeeping];
  const unsubscribe = [
    events.on('task.changed', () => scheduleLoop.wake()),
    // Online again after Idle: work may be waiting
    events.on('agent.changed', ({ agentId }) => ledger.agentChanged(agentId)),
  ];

  const httpServer = createHttpServer({ host: settings.host, port: settings.port, tls, clock });
  const live = createLive({ events, clock, authenticate: auth.authenticate, randomBytes });
  const metrics = createMetrics();
  observeProcess(metrics);
  const web = createWeb({
    pages: dashboardPages({ audit, auth, agents, plugins, logs, ledger, publicUrl }),
    authenticate: auth.authenticate,
    clock,
    live,
    bodyLimit: settings.bodyLimitBytes,
  });
  const routes = withOpenApi(
    [
      ...ledger.routes,
      ...logRoutes({ logs, isFinal: ledger.executions.isFinal }),
      ...createAgentsRoutes(agents),
      ...createPluginsRoutes(plugins),
      ...createAuthRoutes(auth),
      ...createAuditRoutes(audit),
      ...createEnrolmentRoutes({ enrol: agents.enrol, failures: createRateLimiter({ clock, burst: 20, secondsPerTry: 5 }) }),
      ...live.routes,
      ...operationsRoutes({
        metrics,
        clock,
        readiness: { database: async () => void (await db.read.selectFrom('catalogue').select('id').execute()) },
      }),
    ],
    { version, serverUrl: publicUrl ?? `http://${settings.host}:${settings.port}`, tags: apiTags },
  );
  httpServer.onRequest(
    createHttp({
      routes,
      pages: web.endpoints,
      errorPage: web.errorPage,
      authenticate: auth.authenticate,
      idempotency,
      server: httpServer,
      requestIds: createRequestIds(randomBytes),
      clock,
      log,
      observe: observeRequests(metrics),
      bodyLimit: settings.bodyLimitBytes,
      validateResponses,
    }),
  );
  const gateway = createGateway({
    clock,
    log,
    randomBytes,
    admit: agents.admit,
    handlers: { ...agents.messages.handlers, ...plugins.messages, ...logMessages(logs), ...ledger.messages },
    onReady: agents.messages.onReady,
    onClosed: agents.messages.onClosed,
    settings: { heartbeatSeconds, silenceSeconds: Math.max(3 * heartbeatSeconds, 15) },
  });
  httpServer.onUpgrade(agentSocketPath, gateway.upgrade);

  const at = await httpServer.listen();
  scheduleLoop.wake();
  log.info({ url: at.url, version, protocol: protocolVersion, dataDir: join(dataDir) }, 'server ready');

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    for (const off of unsubscribe) off();
    schedules.stop();
    await Promise.all(loops.map((loop) => loop.stop()));
    live.stop();
    await gateway.stop();
    await httpServer.stop(stopGraceMs);
    await plugins.stop();
    await agents.stop();
    await db.close();
    log.info('server stopped');
  }

  return {
    url: at.url,
    port: at.port,
    signInUrl: `${publicUrl ?? at.url}/sign-in?code=${await auth.createSignInCode()}`,
    tokenFile,
    routes,
    stop: () => (stopped ??= stop()),
  };
}
