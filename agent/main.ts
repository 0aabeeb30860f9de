import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { MusterError } from '../shared/errors.ts';
import type { Facts } from '../shared/metrics.ts';
import { maxLives } from '../shared/protocol.ts';
import { clearWork, openAgentFolder } from './agent-folder.ts';
import { createArtifactOutbox } from './artifacts/artifact-outbox.ts';
import { createAdmission } from './attempts/admission.ts';
import { createAttempts } from './attempts/attempts.ts';
import { createDeliveryLoop } from './attempts/delivery.ts';
import { createHandBack } from './attempts/hand-back.ts';
import { createHeldAttempts } from './attempts/held-attempts.ts';
import { createOffers } from './attempts/offers.ts';
import { recover } from './attempts/recovery.ts';
import { createRunning } from './attempts/running.ts';
import { createSlots } from './attempts/slots.ts';
import { type Clock, systemClock } from './clock.ts';
import { baseEnvironment } from './execution/environment.ts';
import { createExecutor } from './execution/executor.ts';
import type { CreateExecutor } from './execution/job.ts';
import { askForFacts } from './host/ask-for-facts.ts';
import { createFactSheet } from './host/fact-sheet.ts';
import { createHeartbeat } from './host/heartbeat.ts';
import { readHostLabel } from './host/host-facts.ts';
import { createHostMetrics } from './host/host-metrics.ts';
import { loadOrMakeKey } from './identity/agent-key.ts';
import { identify } from './identity/identify.ts';
import { createOwnName } from './identity/own-name.ts';
import { openJournal } from './journal/journal.ts';
import { createConnection } from './link/connection.ts';
import { openSession } from './link/session.ts';
import { createUplink } from './link/uplink.ts';
import { takeLock } from './lock.ts';
import { createLogOutput } from './log-output.ts';
import { createPluginCache } from './plugins/plugin-cache.ts';
import { createPrefetch } from './plugins/prefetch.ts';
import { createTrustedCatalogue } from './plugins/trusted-catalogue.ts';
import { selfCommand } from './self-command.ts';
import type { AgentSettings } from './settings.ts';
import { createShutdown } from './shutdown.ts';
import { createSpareMemory } from './spare-memory.ts';
import { openSpoolFolder } from './spool/spool-folder.ts';
import { startWhenDiskHasRoom } from './start-trouble.ts';
import { createStateFile, type StateFile } from './state-file.ts';
import { createHostUpdates } from './update/host-updates.ts';
import { agentVersion } from './version.ts';

export type RunningAgent = {
  readonly agentId: string;
  /** as the server calls it, now */
  readonly name: () => string;
  /** Settles when the agent has ended: because it was stopped, or because the server does not want it any more. */
  readonly ended: Promise<AgentEnd>;
  /** Ends running work (see `drainSeconds`), delivers what can be delivered at once, and closes everything. May be called twice. */
  stop(): Promise<void>;
};

export type AgentEnd = { readonly kind: 'stopped' } | { readonly kind: 'unwanted'; readonly why: string };

/** What a test replaces. */
export type AgentResources = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly randomBytes: (size: number) => Buffer;
  readonly log: Logger;
  readonly createExecutor: CreateExecutor;
  /** all facts of the host, found by a program */
  readonly readAllFacts: (signal: AbortSignal) => Promise<Facts>;
  /** gives back the memory of this process that is not used any more; by default it is left to V8, since a process may hold other things */
  readonly collectGarbage: () => void;
  /** ends the waiting of an agent that cannot reach its server to enrol */
  readonly signal: AbortSignal;
};

/**
 * Starts an agent: takes its folder, enrols if that is still to be done, settles what an agent before it left running, and connects.
 * @throws MusterError with a sentence for the person who starts it
 */
export async function startAgent(settings: AgentSettings, given: Partial<AgentResources> = {}): Promise<RunningAgent> {
  const resources: AgentResources = {
    clock: systemClock,
    random: Math.random,
    randomBytes,
    log: given.log ?? pino({ level: settings.logLevel }, createLogOutput(1)),
    createExecutor,
    readAllFacts: (signal) =>
      askForFacts({
        command: selfCommand('host-facts'),
        env: baseEnvironment(process.env, 'host-facts'),
        clock: systemClock,
        signal,
      }),
    collectGarbage() {},
    signal: new AbortController().signal,
    ...given,
  };
  const reserve = join(settings.dir, 'journal.reserve');
  return startWhenDiskHasRoom({ ...resources, dir: settings.dir, reserve }, async () => {
    const folder = openAgentFolder(settings.dir);
    const lock = takeLock(folder.lock, resources.clock.now);
    const state = createStateFile(folder.state, agentVersion);
    state.tell({ state: 'starting' });
    try {
      return await run(settings, resources, folder, lock, state);
    } catch (error) {
      if (error instanceof MusterError) state.tell({ state: 'ended', why: error.message, code: error.code });
      lock.release();
      throw error;
    }
  });
}

async function run(
  settings: AgentSettings,
  resources: AgentResources,
  folder: ReturnType<typeof openAgentFolder>,
  lock: ReturnType<typeof takeLock>,
  state: StateFile,
): Promise<RunningAgent> {
  const { clock, random, log } = resources;
  const key = loadOrMakeKey(folder.key);
  const onWaiting = (why: string): void => state.tell({ state: 'waiting', why });
  const identity = await identify({ ...resources, settings, folder, key, onWaiting });
  const { agentId, serverUrl, serverPublicKey } = identity;
  const name = createOwnName(folder.identity, identity, log);

  const startedBy = `${agentId} ${realpathSync(folder.root)}`;

  const journal = openJournal({ path: folder.journal, clock, log });
  await journal.begin(resources.randomBytes(12).toString('base64url'));
  const spools = openSpoolFolder({ path: folder.spool, clock, log });
  const executor = resources.createExecutor({ log, clock, startedBy, maxWarm: settings.slots, selfCommand });
  const metrics = createHostMetrics({ folder: folder.root, clock });
  const uplink = createUplink();
  const catalogue = createTrustedCatalogue({ path: join(folder.plugins, 'catalogue.json'), serverPublicKey, log });
  const plugins = createPluginCache({ path: folder.plugins, catalogue, log });

  const artifacts = createArtifactOutbox({ path: folder.artifacts, clock, log });

  const held = createHeldAttempts();
  const slots = createSlots(settings.slots);
  const memory = createSpareMemory({ isIdle: slots.areAllFree, collect: resources.collectGarbage, clock });
  const delivery = createDeliveryLoop({ uplink, clock, log });
  const { outboxBytes, minFreeBytes } = settings;
  const { freeDiskBytes } = metrics;
  const { updates, report } = createHostUpdates({
    folder,
    serverUrl,
    proxy: settings.proxy,
    serverPublicKey,
    slots,
    leave,
    uplink,
    clock,
    random,
    log,
  });
  const admission = createAdmission({
    held,
    journal,
    folder: folder.root,
    freeDiskBytes,
    minFreeBytes,
    outboxBytes,
    leaving: updates.leaving,
    clock,
    log,
  });
  const offers = createOffers({ held, uplink, plugins, executor, slots, admission, clock, log });
  const running = createRunning({
    held,
    journal,
    spools,
    executor,
    delivery,
    handBack: createHandBack(uplink),
    releaseSlot() {
      slots.release();
      memory.wasUsed();
    },
    agentName: name.get,
    workFolder: folder.work,
    artifacts,
    clock,
    log,
  });
  const attempts = createAttempts({ held, offers, running, delivery, uplink, log });

  await recover({ held, journal, spools, executor, delivery, clock, log });
  clearWork(folder);

  const isUsed = (sha256: string): boolean => offers.uses(sha256) || [...held.all()].some((attempt) => attempt.sha256 === sha256);
  const prefetch = createPrefetch({ catalogue, cache: plugins, isUsed, onFetched: memory.wasUsed, uplink, clock, log });
  const heartbeat = createHeartbeat({ uplink, metrics, clock, log });
  const readAllFacts: AgentResources['readAllFacts'] = (signal) => resources.readAllFacts(signal).finally(memory.wasUsed);
  const factSheet = createFactSheet({ executor, readAllFacts, uplink, clock, log });

  const end = Promise.withResolvers<AgentEnd>();
  let last: Parameters<StateFile['tell']>[0] = { state: 'ended' };
  const connection = createConnection({
    serverUrl,
    proxy: settings.proxy,
    clock,
    random,
    log,
    openSession: (link) =>
      openSession(link, {
        agentId,
        serverPublicKey,
        key,
        greeting: () => ({
          agentVersion,
          slots: settings.slots,
          journal: held.entries(),
          lives: journal.lives().slice(0, maxLives),
          catalogue: catalogue.digest(),
          host: readHostLabel(),
        }),
        onWelcomed() {
          journal.welcomed();
          state.tell({ state: 'online', name: name.get(), server: serverUrl });
        },
        attempts,
        uplink,
        plugins: {
          update(signed) {
            if (signed !== undefined) catalogue.accept(signed);
            prefetch.wake();
          },
          setDownloadToken(token) {
            const access = token === undefined ? undefined : { serverUrl, token, proxy: settings.proxy };
            plugins.setAccess(access);
            artifacts.setAccess(access);
          },
        },
        heartbeat,
        sendFacts: factSheet.connected,
        updates,
        sendExecutable: report.connected,
        onName: name.set,
        randomBytes: resources.randomBytes,
        log,
      }),
    onWaiting,
    onOver(why) {
      log.error({ why }, 'unwanted');
      last = { state: 'ended', why, code: 'agent_unknown' };
      void shutdown().then(() => end.resolve({ kind: 'unwanted', why }));
    },
  });

  /** Another version takes over: its starter starts it when this one has ended. */
  function leave(nextVersion: string): void {
    last = { state: 'ended', why: `It switches to version ${nextVersion}.` };
    void shutdown().then(() => end.resolve({ kind: 'stopped' }));
  }

  const shutdown = createShutdown({
    drainSeconds: settings.drainSeconds,
    held,
    offers,
    running,
    uplink,
    clock,
    log,
    close: async () => {
      updates.stop();
      memory.stop();
      prefetch.stop();
      heartbeat.stop();
      factSheet.stop();
      await connection.stop();
      delivery.close();
      await executor.close();
      await artifacts.stop();
      spools.close();
      await journal.close();
      // before another agent may take the folder, and tell of itself
      state.tell(last);
      lock.release();
    },
  });

  connection.start();
  log.info({ agentId, name: name.get(), server: serverUrl, folder: folder.root, version: agentVersion }, 'agent_started');

  return {
    agentId,
    name: name.get,
    ended: end.promise,
    async stop() {
      await shutdown();
      end.resolve({ kind: 'stopped' });
    },
  };
}
