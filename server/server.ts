import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { idGenerator } from '../shared/ids.ts';
import { protocolVersion } from '../shared/protocol.ts';
import type { ServerSettings } from '../shared/settings-server.ts';
import { readRestoredMark, removeRestoredMark } from './backup/restored-mark.ts';
import { watchDataDisk } from './data-disk.ts';
import { createAgents } from './features/agents/agents.service.ts';
import { createArtifacts } from './features/artifacts/artifacts.service.ts';
import { createContentFolder } from './features/artifacts/content-folder.ts';
import { createAudit } from './features/audit/audit.service.ts';
import { systemActor } from './features/audit/audit.ts';
import { createAuth } from './features/auth/auth.service.ts';
import { loadServerIdentity } from './features/auth/server-identity.ts';
import { logMessages } from './features/logs/logs.messages.ts';
import { createLogs } from './features/logs/logs.service.ts';
import { createMetrics as createHostMetrics } from './features/metrics/metrics.service.ts';
import { createOverview } from './features/overview/overview.feature.ts';
import { createPlugins } from './features/plugins/plugins.service.ts';
import { createReleaseFolder } from './features/releases/release-folder.ts';
import { createReleases } from './features/releases/releases.service.ts';
import { ownAgentsDir } from './features/releases/releases.ts';
import { createSavedViews } from './features/saved-views/saved-views.service.ts';
import { createSchedules } from './features/schedules/schedules.service.ts';
import { checkTiming, nextTiming, upcoming } from './features/schedules/schedules.ts';
import { createSearch } from './features/search/search.service.ts';
import { loadKeyring } from './features/secrets/master-key.ts';
import { createSecrets } from './features/secrets/secrets.service.ts';
import { createTasksFeature } from './features/tasks/tasks.feature.ts';
import { noteTimeEveryMs } from './features/tasks/time-shift.service.ts';
import { createUpdates } from './features/updates/updates.feature.ts';
import { startHousekeeping } from './housekeeping.ts';
import { answerHttp } from './http-answers.ts';
import type { Clock } from './platform/clock.ts';
import { copyBeforeMigration } from './platform/db/copy-before-migration.ts';
import { isDiskFailure } from './platform/db/disk-watch.ts';
import { migrate } from './platform/db/migrate.ts';
import { openDatabase } from './platform/db/open.ts';
import { createEventBus } from './platform/events/bus.ts';
import { agentSocketPath, createGateway } from './platform/gateway/gateway.ts';
import { createClients } from './platform/http/client-address.ts';
import { createHttpServer } from './platform/http/http-server.ts';
import { createIdempotency } from './platform/http/idempotency.ts';
import { createRateLimiter } from './platform/http/rate-limiter.ts';
import type { AnyRoute } from './platform/http/route.ts';
import { createLoop } from './platform/loops/loop.ts';
import { createSteadyClock } from './platform/steady-clock.ts';
import { createTimeWatch, lookEveryMs } from './platform/time-watch.ts';
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
  /** what the dashboard answers, such as `GET /runs/:id`: its pages, the forms that they post, its files */
  readonly pages: readonly string[];
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
const probeEveryMs = 1000;
const dayMs = 86_400_000;
/** The disk and the processor are for the work of others, most of the time. */
const pauseMs = 10;

/** Builds everything, once, from the ground up the ladder of features, and starts it. */
export async function startServer({
  settings,
  clock: hostClock,
  log,
  validateResponses = false,
}: ServerResources): Promise<RunningServer> {
  const clock = createSteadyClock(hostClock);
  const startedAt = clock.monotonic();
  const { dataDir, leaseSeconds, lostAfterSeconds, heartbeatSeconds } = settings;
  const port = await openDatabase<Tables>({
    dataDir,
    ...(settings.databaseUrl === undefined ? {} : { url: settings.databaseUrl.reveal() }),
  });
  const disk = watchDataDisk(port, {
    dataDir,
    clock,
    onFailing: (failure) => log.error({ err: failure }, 'nothing can be written: work waits'),
    onWell() {
      log.warn('it can be written again: work goes on');
      gateway.redeliver();
      dispatchLoop.wake();
      scheduleLoop.wake();
    },
  });
  const { db } = disk;
  await migrate(db, migrations, clock.now, (name) => copyBeforeMigration(name, { dataDir, port, tell: log.warn.bind(log) }));

  const betweenUnits = (): Promise<void> => new Promise((resolve) => void clock.after(pauseMs, resolve));
  const newId = idGenerator(clock.now, randomBytes);
  const events = createEventBus((error, name) => log.error({ err: error, event: name }, 'event listener failed'));
  const identity = await loadServerIdentity({ dataDir, randomBytes });
  const tls =
    settings.tlsCert !== undefined && settings.tlsKey !== undefined
      ? { certFile: settings.tlsCert, keyFile: settings.tlsKey }
      : null;
  const publicUrl = settings.publicUrl ?? null;
  const clients = createClients(settings.trustedProxies, tls !== null);

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

  const keyring = await loadKeyring({ dataDir, masterKey: settings.masterKey?.reveal(), randomBytes });
  const secrets = createSecrets({ db, clock, audit, keyring });
  const { resealed, unusable } = await secrets.begin();
  if (resealed > 0) log.info({ secrets: resealed }, 'secrets were sealed anew with the first master key');
  if (unusable.length > 0)
    log.warn(
      { secrets: unusable },
      'no master key opens these secrets: add the one that sealed them to MUSTER_MASTER_KEY, or put its master.key back, or write them anew',
    );

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
    lookAtTime: () => timeWatch.look(),
    pluginsHeldBy: (agentId) => plugins.heldByAgent(agentId),
    signedCatalogue: () => plugins.signedCatalogue(),
    reconcile: (agentId, _name, journal, continues) => ledger.presence.returned(agentId, journal, continues),
    orderFor: (agent) => updates.orderFor(agent),
    onReady: (connection) => ledger.agentChanged(connection.agentId),
    onGone: (agentId) => ledger.presence.gone(agentId),
    onRemoved: (agentId) => ledger.presence.removed(agentId),
  });
  const plugins = createPlugins({
    db,
    clock,
    log,
    events,
    audit,
    identity,
    agents,
    versionsKept: settings.keepPluginVersions,
    usedBundles: () => ledger.usedBundles(),
  });
  const releases = createReleases({ folder: createReleaseFolder(settings.agentsDir ?? ownAgentsDir, log), identity, clock });
  const updates = createUpdates({
    db,
    clock,
    newId,
    log,
    events,
    audit,
    agents,
    releases,
    busyOf: (agentId) => ledger.busyOf(agentId),
    lookAtTime: () => timeWatch.look(),
  });
  const logs = createLogs({ db, clock, events });
  const artifacts = createArtifacts({
    db,
    clock,
    content: createContentFolder(join(dataDir, 'artifacts'), clock.now),
    limits: settings,
    agentOfDownloadToken: agents.agentOfDownloadToken,
  });
  const ledger = createTasksFeature({
    db,
    clock,
    newId,
    random: Math.random,
    events,
    audit,
    agents,
    plugins,
    secrets,
    logs,
    schedule: { check: checkTiming, next: nextTiming, upcoming },
    limits: settings,
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

  const overview = createOverview({ db, clock, events, log, agents, ledger, heartbeatSeconds });
  const savedViews = createSavedViews({ db, clock, newId, audit });
  const search = createSearch({ agents: agents.all, plugins: plugins.allCurrent, finder: ledger.finder });
  const hostMetrics = createHostMetrics({ db, clock, log, events, random: Math.random, agents, settings, pause: betweenUnits });

  const setBackMs = await ledger.time.begin();
  if (setBackMs !== 0)
    log.warn({ seconds: setBackMs / 1000 }, 'clock was set back while the server was down: deadlines moved with it');
  await plugins.start(settings.pluginsDir);
  const timeWatch = createTimeWatch({
    clock,
    async onJump(ms) {
      await ledger.time.jumped(ms, (by) => {
        clock.follow(by);
        agents.shiftSightings(by);
      });
      await updates.shift(ms);
      log.warn({ seconds: ms / 1000 }, 'clock was set: deadlines moved with it');
      scheduleLoop.wake();
    },
    async onGap(ms) {
      await ledger.time.stalled(ms);
      await updates.shift(ms);
      agents.shiftSightings(ms);
      log.warn({ seconds: ms / 1000 }, 'server stood still: deadlines were put off');
    },
  });
  await agents.start();
  await updates.start();
  hostMetrics.start();
  await overview.begin();

  const sweep = async (signal: AbortSignal): Promise<void> => {
    await timeWatch.look();
    await ledger.sweep(signal);
  };
  // before `ledger.begin`, which asks for a dispatch of what the server before this one left queued
  const dispatchLoop = createLoop({ name: 'dispatch', clock, everyMs: 10_000, run: ledger.dispatch, log });
  const sweepLoop = createLoop({ name: 'sweep', clock, everyMs: sweepEveryMs, run: sweep, log });
  const scheduleLoop = createLoop({ name: 'schedules', clock, everyMs: 30_000, run: schedules.pass, log });
  const timeLoop = createLoop({ name: 'time', clock, everyMs: lookEveryMs, run: timeWatch.look, log });
  const diskLoop = createLoop({ name: 'disk', clock, everyMs: probeEveryMs, run: disk.probe, log });
  const timeNotes = createLoop({ name: 'time notes', clock, everyMs: noteTimeEveryMs, run: ledger.time.noteTime, log });
  await ledger.begin();
  const restored = readRestoredMark(dataDir);
  if (restored !== undefined) {
    const ended = await ledger.endOpenAfterRestore();
    await updates.endAfterRestore();
    await audit.record({ actor: systemActor, action: 'server.restored', subject: 'server', detail: { ...restored, ended } });
    log.warn({ ...restored, ended }, 'restored from a backup: what was open in it was ended and is not started again');
    removeRestoredMark(dataDir);
  }
  const idempotency = createIdempotency({ db, clock, randomBytes });
  const housekeeping = startHousekeeping({
    db,
    port,
    clock,
    settings,
    audit,
    logs,
    artifacts,
    idempotency,
    pause: betweenUnits,
    log,
  });
  const loops = [timeLoop, timeNotes, diskLoop, scheduleLoop, dispatchLoop, sweepLoop, housekeeping];
  const unsubscribe = [
    events.on('task.changed', schedules.changed),
    // Online again after Idle: work may be waiting
    events.on('agent.changed', ({ agentId }) => ledger.agentChanged(agentId)),
  ];

  const httpServer = createHttpServer({ host: settings.host, port: settings.port, tls, clock });
  const features = {
    audit,
    auth,
    secrets,
    agents,
    plugins,
    logs,
    artifacts,
    ledger,
    metrics: hostMetrics,
    search,
    releases,
    updates: updates.service,
    savedViews,
    overview,
  };
  const answers = answerHttp({
    server: httpServer,
    settings,
    publicUrl,
    clock,
    randomBytes,
    log,
    db,
    port,
    diskFailure: disk.failure,
    events,
    idempotency,
    clients,
    features,
    validateResponses,
  });
  const gateway = createGateway({
    clock,
    log,
    randomBytes,
    admit: agents.admit,
    orderForOther: agents.orderForOther,
    handlers: { ...agents.messages.handlers, ...plugins.messages, ...updates.messages, ...logMessages(logs), ...ledger.messages },
    willPass: isDiskFailure,
    addressOf: clients.addressOf,
    onReady: agents.messages.onReady,
    onClosed: agents.messages.onClosed,
    settings: { heartbeatSeconds, silenceSeconds: Math.max(3 * heartbeatSeconds, 15) },
    fleetSize: agents.seenSince(clock.now() - dayMs),
    restartMs: clock.monotonic() - startedAt,
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
    answers.stop();
    // side by side: who hangs on either is waited for once
    await httpServer.stop(stopGraceMs, gateway.stop());
    await plugins.stop();
    await updates.stop();
    // heartbeats that could not be written any more are no reason to leave the database open
    await agents.stop().catch((error: unknown) => log.error({ err: error }, 'the last heartbeats were not written'));
    await hostMetrics.stop().catch((error: unknown) => log.error({ err: error }, 'the last metrics were not written'));
    await overview
      .stop()
      .catch((error: unknown) => log.error({ err: error }, 'the last minute of the throughput was not written'));
    await db.close();
    log.info('server stopped');
  }

  return {
    url: at.url,
    port: at.port,
    signInUrl: `${publicUrl ?? at.url}/sign-in?code=${await auth.createSignInCode()}`,
    tokenFile,
    routes: answers.routes,
    pages: answers.pages,
    stop: () => (stopped ??= stop()),
  };
}
