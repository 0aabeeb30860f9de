import type { IdGenerator } from '../../../shared/ids.ts';
import type { ServerMessage } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import { createWaiters } from '../../platform/events/waiters.ts';
import type { MessageHandlers } from '../../platform/gateway/connection.ts';
import type { AnyRoute } from '../../platform/http/route.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { createAgentBooks } from './agent-books.ts';
import type { Candidate, Host } from './assignment.ts';
import { createAttempts, type OpenSecrets } from './attempts.service.ts';
import { createCanceller } from './cancel.service.ts';
import { createDispatcher } from './dispatcher.ts';
import { executionRoutes } from './executions.routes.ts';
import { createExecutions, type ExecutionsService } from './executions.service.ts';
import { createFinder, type Finder } from './finder.service.ts';
import { createFirer, defaultFireLimits, type FireLimits, type FireResources } from './fire.service.ts';
import type { OutputOf } from './fold.service.ts';
import { runsThatLetGo } from './gated-work.ts';
import { createKeptMarket } from './kept-market.ts';
import { createLedger } from './ledger.ts';
import { lockRoutes } from './locks.routes.ts';
import { createLocks, type LocksService } from './locks.service.ts';
import { createOpenRows } from './open-rows.ts';
import { createPlanned, type Planned } from './planned.service.ts';
import { createPresence, type PresenceService } from './presence.service.ts';
import { createProgressBoard } from './progress.ts';
import { openRows as readOpenRows } from './queue.store.ts';
import { endOpenAfterRestore } from './restored.service.ts';
import type { TaskRow } from './rows.ts';
import { createRunSpecs } from './run-specs.ts';
import { runRoutes } from './runs.routes.ts';
import { createRuns, type RunsService } from './runs.service.ts';
import { openBundles } from './runs.store.ts';
import { sweepOnce } from './sweep.ts';
import { taskMessages } from './tasks.messages.ts';
import { taskRoutes } from './tasks.routes.ts';
import { createTasks, type TasksResources, type TasksService } from './tasks.service.ts';
import { dueTasks, nextDueAt, pinnedBundles } from './tasks.store.ts';
import { createTimeShift, type TimeShift } from './time-shift.service.ts';

/** The whole of the ledger's feature, wired: what `main` needs of it, and nothing else. */
export type TasksFeature = {
  readonly tasks: TasksService;
  readonly runs: RunsService;
  readonly executions: ExecutionsService;
  readonly locks: LocksService;
  readonly finder: Finder;
  readonly planned: Planned;
  readonly presence: PresenceService;
  readonly time: TimeShift;
  readonly messages: MessageHandlers;
  readonly routes: AnyRoute[];
  busyOf(agentId: string): number;
  /** an agent may have become able to take work */
  agentChanged(agentId: string): void;
  /** Reads the books from the ledger; before anything else of this feature is used, and after the agents were read. */
  begin(): Promise<void>;
  /** Ends all that is open, since the ledger is an older one than the world; after `begin`, and before an agent is heard. @returns how many */
  endOpenAfterRestore(): Promise<number>;
  dispatch(): Promise<void>;
  /** @param signal ends it early, between two batches */
  sweep(signal?: AbortSignal): Promise<void>;
  /** For the schedules: active tasks whose time has come, and the time of the next one of all. */
  dueTasks(now: number, limit: number): Promise<readonly TaskRow[]>;
  nextDueAt(): Promise<number | undefined>;
  /** Bundles that open runs use, and those to which tasks are pinned. */
  usedBundles(): Promise<string[]>;
};

export type TasksFeatureResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: IdGenerator;
  readonly random: () => number;
  readonly events: EventBus;
  readonly audit: TasksResources['audit'];
  readonly agents: {
    all(): readonly Agent[];
    get(id: string): Agent | undefined;
    resolveOwner(owner: string): { readonly kind: string; readonly agents: readonly Agent[] };
    send(agentId: string, message: ServerMessage): boolean;
  };
  readonly plugins: FireResources['plugins'] & {
    checkCall: TasksResources['checkCall'];
    hold: TasksResources['holdVersion'];
  };
  readonly secrets: TasksResources['secrets'] & { openIn: OpenSecrets };
  readonly logs: {
    sizeIn(writer: Writer, executionId: string): Promise<number>;
    sizesOf(executionIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
    readonly head: OutputOf;
  };
  readonly schedule: TasksResources['schedule'];
  readonly limits?: FireLimits;
  readonly leaseSeconds: number;
  readonly lostAfterSeconds: number;
  /** ask for a dispatch soon */
  readonly wakeDispatch: () => void;
};

/** What of an agent the ledger looks at. */
type Agent = Host & { readonly metrics: { readonly load1: number } | null };

export function createTasksFeature(resources: TasksFeatureResources): TasksFeature {
  const { db, clock, newId, random, events, audit, plugins, secrets, logs } = resources;

  const books = createAgentBooks();
  const progress = createProgressBoard();
  const candidateOf = (agent: Agent): Candidate => ({
    id: agent.id,
    name: agent.name,
    status: agent.status,
    connected: agent.connected,
    os: agent.os,
    slots: agent.slots,
    held: books.heldBy(agent.id),
    load1: agent.metrics?.load1 ?? 0,
  });
  const agents = {
    all: () => resources.agents.all().map(candidateOf),
    get(id: string) {
      const agent = resources.agents.get(id);
      return agent === undefined ? undefined : candidateOf(agent);
    },
    send: (agentId: string, message: ServerMessage) => resources.agents.send(agentId, message),
  };
  const market = createKeptMarket({ ...agents, count: () => resources.agents.all().length, monotonic: clock.monotonic });
  const { resolveOwner } = resources.agents;
  const isConnected = (agentId: string): boolean => resources.agents.get(agentId)?.connected === true;

  const openRows = createOpenRows();
  const ledger = createLedger({
    db,
    clock,
    events,
    openRows,
    onCommitted(changes) {
      progress.apply(changes);
      market.apply(changes);
      for (const look of books.apply(changes, clock.now())) dispatcher.mark(look);
      for (const runId of runsThatLetGo(changes)) dispatcher.markGates(runId);
    },
  });
  const specs = createRunSpecs(db);
  const platformsOf = (sha256: string | null) => (sha256 === null ? undefined : plugins.byHash(sha256)?.manifest.platforms);
  const logSizeIn = logs.sizeIn;
  const attempts = createAttempts({
    ledger,
    events,
    specs,
    progress,
    random,
    logSizeIn,
    agents,
    platformsOf,
    openSecrets: secrets.openIn,
  });
  const dispatcher = createDispatcher({
    db,
    clock,
    ledger,
    books,
    specs,
    market: market.current,
    agents,
    platformsOf,
    logSizeIn,
    leaseSeconds: resources.leaseSeconds,
    wake: resources.wakeDispatch,
  });
  const canceller = createCanceller({
    ledger,
    specs,
    sendTo: (agentId, stop) => agents.send(agentId, stop) || presence.owe(agentId, stop),
  });
  const targetable = (agentId: string): readonly Agent[] => {
    const agent = resources.agents.get(agentId);
    return agent === undefined || agent.status === 'Revoked' ? [] : [agent];
  };
  const firer = createFirer({
    cancelIn: canceller.cancelIn,
    newId,
    specs,
    resolveOwner,
    targetable,
    plugins,
    limits: resources.limits ?? defaultFireLimits,
    queuedFor: books.queuedFor,
  });
  const waiters = createWaiters(clock);
  events.on('run.changed', ({ runId, state }) => {
    if (state !== 'active') waiters.wake(runId);
  });
  const tasks = createTasks({
    db,
    clock,
    newId,
    events,
    ledger,
    firer,
    audit,
    resolveOwner,
    checkCall: plugins.checkCall,
    holdVersion: plugins.hold,
    secrets,
    schedule: resources.schedule,
    sendStops: canceller.send,
  });
  const runs = createRuns({
    db,
    clock,
    events,
    ledger,
    firer,
    canceller,
    waiters,
    audit,
    targetable,
    outputOf: logs.head,
  });
  const locks = createLocks(db);
  const executions = createExecutions({
    db,
    clock,
    canceller,
    agents,
    audit,
    specs,
    whyNot: locks.whyNot,
    progressOf: progress.of,
    platformsOf,
    logSizesOf: logs.sizesOf,
  });
  const { leaseSeconds, lostAfterSeconds } = resources;
  const { next: nextFiring } = resources.schedule;
  const presence = createPresence({
    ledger,
    clock,
    random,
    books,
    specs,
    sendStop: agents.send,
    isConnected,
    logSizeIn,
    leaseSeconds,
    lostAfterSeconds,
  });
  const sweeping = { db, clock, ledger, specs, canceller, random, isHere: presence.isHere, logSizeIn, lostAfterSeconds };

  return {
    tasks,
    runs,
    executions,
    locks,
    finder: createFinder(db),
    planned: createPlanned(db),
    presence,
    time: createTimeShift({ db, clock, audit, nextFiring, listenAnew: presence.listenAnew, forgetRows: openRows.clear }),
    messages: taskMessages(attempts),
    routes: [...taskRoutes(tasks, runs), ...runRoutes(runs, executions), ...executionRoutes(executions), ...lockRoutes(locks)],
    busyOf: (agentId) => books.heldBy(agentId),
    agentChanged(agentId) {
      presence.connected(agentId);
      market.note(agentId);
      dispatcher.mark(agentId);
      dispatcher.mark(null);
    },
    async begin() {
      const open = await readOpenRows(db.read);
      books.fill(open);
      progress.fill(open);
      for (const agentId of books.waiting()) dispatcher.mark(agentId);
      await presence.begin();
      // revoked while the server stopped, before its work was ended
      const hasWork = (id: string): boolean => books.heldBy(id) > 0 || books.queuedFor(id) > 0;
      for (const { id, status } of agents.all()) if (status === 'Revoked' && hasWork(id)) await presence.removed(id);
    },
    endOpenAfterRestore: () => endOpenAfterRestore({ read: db.read, ledger, logSizeIn }),
    dueTasks: (now, limit) => dueTasks(db.read, now, limit),
    nextDueAt: () => nextDueAt(db.read),
    async usedBundles() {
      const [open, pinned] = await Promise.all([openBundles(db.read), pinnedBundles(db.read)]);
      return [...open, ...pinned];
    },
    dispatch: () => dispatcher.pass(),
    async sweep(signal) {
      try {
        await presence.declareSilent();
      } finally {
        while ((await sweepOnce(sweeping)).more && signal?.aborted !== true);
      }
    },
  };
}
