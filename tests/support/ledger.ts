import { randomBytes } from 'node:crypto';
import { createAudit } from '../../server/features/audit/audit.service.ts';
import { logMessages } from '../../server/features/logs/logs.messages.ts';
import { createLogs } from '../../server/features/logs/logs.service.ts';
import { checkTiming, nextTiming, upcoming } from '../../server/features/schedules/schedules.ts';
import { createKeyring } from '../../server/features/secrets/keyring.ts';
import { createSecrets } from '../../server/features/secrets/secrets.service.ts';
import { defaultFireLimits, type FireLimits } from '../../server/features/tasks/fire.service.ts';
import { createTasksFeature, type TasksFeature } from '../../server/features/tasks/tasks.feature.ts';
import type { Clock } from '../../server/platform/clock.ts';
import { createEventBus, type EventBus } from '../../server/platform/events/bus.ts';
import type { AgentConnection, MessageHandlers } from '../../server/platform/gateway/connection.ts';
import type { Actor } from '../../server/platform/http/actor.ts';
import { createSteadyClock } from '../../server/platform/steady-clock.ts';
import { createTimeWatch } from '../../server/platform/time-watch.ts';
import type { Database } from '../../server/schema/schema.ts';
import type { TaskInput } from '../../shared/api/tasks.ts';
import { taskInput } from '../../shared/api/tasks.ts';
import { idGenerator } from '../../shared/ids.ts';
import type { PluginManifest } from '../../shared/plugin-manifest.ts';
import type { AgentMessage, AgentMessageOf, JournalEntry, Offer, ServerMessage, Verdict } from '../../shared/protocol.ts';
import { createFakeClock, type FakeClock } from './clock.ts';
import { openTestDatabase } from './database.ts';

/**
 * The ledger on a real database, with agents that a test scripts word by word: the far side is made up, everything on the server's side
 * is the product's own.
 */
export type TestLedger = {
  readonly db: Database;
  readonly clock: FakeClock;
  readonly events: EventBus;
  readonly feature: TasksFeature;
  /** Adds a host; it is connected unless told otherwise. */
  agent(name: string, options?: { slots?: number; connected?: boolean; os?: 'linux' | 'win32' }): ScriptedAgent;
  post(input: Partial<TaskInput> & Record<string, unknown>): ReturnType<TasksFeature['tasks']['create']>;
  /** as the server sees the time: it follows `clock` when it looks */
  readonly serverClock: Clock;
  /** The look at the time that the server takes each second. */
  look(): Promise<void>;
  /** Dispatches and sweeps until nothing more happens. */
  settle(): Promise<void>;
  dispose(): Promise<void>;
};

export type ScriptedAgent = {
  readonly id: string;
  readonly name: string;
  /** everything that the server sent, oldest first */
  readonly received: ServerMessage[];
  offers(): Offer[];
  say(message: AgentMessage): Promise<void>;
  accept(offer: Offer): Promise<void>;
  end(offer: Offer, result?: Partial<AgentMessageOf<'result'>>): Promise<void>;
  disconnect(): Promise<void>;
  /** Connects anew with this journal. */
  connect(journal?: readonly JournalEntry[]): Promise<Verdict[]>;
};

export const admin: Actor = { kind: 'token', id: 'tok_test', name: 'token:test', role: 'admin', csrfToken: null };

const manifest: PluginManifest = {
  name: 'noop',
  version: '1.0.0',
  description: '',
  runtime: 'node',
  entry: 'index.ts',
  actions: { main: {} },
};
const noop = { name: 'noop', version: '1.0.0', sha256: 'a'.repeat(64), manifest };

type AgentState = { id: string; name: string; status: 'Online'; connected: boolean; os: string; slots: number; metrics: null };

export async function openTestLedger(limits: Partial<FireLimits> = {}): Promise<TestLedger> {
  const { db, dispose } = await openTestDatabase();
  const hostClock = createFakeClock();
  const clock = createSteadyClock(hostClock);
  const events = createEventBus((error) => {
    throw error;
  });
  const newId = idGenerator(clock.now, randomBytes);
  const states = new Map<string, AgentState>();
  const connections = new Map<string, AgentConnection>();
  const logs = createLogs({ db, clock, events });
  let wanted = false;
  const feature = createTasksFeature({
    db,
    clock,
    newId,
    random: () => 0.5,
    events,
    audit: createAudit({ db, clock, newId }),
    agents: {
      all: () => [...states.values()],
      get: (id) => states.get(id),
      resolveOwner(owner) {
        const all = [...states.values()];
        if (owner === 'ALL') return { kind: 'all', agents: all };
        if (owner === 'Anyone') return { kind: 'anyone', agents: all };
        return { kind: 'agent', agents: all.filter((agent) => agent.name === owner) };
      },
      send: (agentId, message) => connections.get(agentId)?.send(message) ?? false,
    },
    plugins: {
      current: (name) => (name === 'noop' ? noop : undefined),
      byHash: () => noop,
      checkCall: () => noop,
      hold: async () => undefined,
    },
    secrets: createSecrets({
      db,
      clock,
      audit: createAudit({ db, clock, newId }),
      keyring: createKeyring([randomBytes(32)], randomBytes),
    }),
    logs,
    schedule: { check: checkTiming, next: nextTiming, upcoming },
    limits: { ...defaultFireLimits, ...limits },
    leaseSeconds: 30,
    lostAfterSeconds: 3600,
    wakeDispatch: () => {
      wanted = true;
    },
  });
  const timeWatch = createTimeWatch({
    clock,
    onJump: (ms) => feature.time.jumped(ms, clock.follow),
    onGap: feature.time.stalled,
  });
  await feature.time.begin();
  await feature.begin();
  const handlers: MessageHandlers = { ...feature.messages, ...logMessages(logs) };

  return {
    db,
    clock: hostClock,
    events,
    feature,
    serverClock: clock,
    look: timeWatch.look,
    post: (input) => feature.tasks.create(taskInput.parse({ owner: 'ALL', plugin: 'noop', ...input }), admin),
    async settle() {
      await feature.sweep();
      while (wanted) {
        wanted = false;
        await feature.dispatch();
      }
    },
    dispose,
    agent(name, { slots = 10, connected = true, os = 'linux' } = {}) {
      const state: AgentState = { id: newId('agent'), name, status: 'Online', connected: false, os, slots, metrics: null };
      states.set(state.id, state);
      const received: ServerMessage[] = [];
      const open = (): void => {
        let isOpen = true;
        connections.set(state.id, {
          agentId: state.id,
          agentName: name,
          openedAt: clock.now(),
          isOpen: () => isOpen,
          send(message) {
            if (isOpen && message.type !== 'serialised') received.push(message);
            return isOpen;
          },
          close() {
            isOpen = false;
          },
        });
        state.connected = true;
      };
      if (connected) open();
      const say = async (message: AgentMessage): Promise<void> => {
        const connection = connections.get(state.id);
        if (connection === undefined) throw new Error(`${name} is not connected`);
        await handlers[message.type as 'accept']?.(connection, message as never);
      };
      return {
        id: state.id,
        name,
        received,
        say,
        offers: () => received.filter((message) => message.type === 'offer'),
        accept: ({ execution, attempt }) => say({ type: 'accept', execution, attempt }),
        end: ({ execution, attempt, logFrom }, result = {}) =>
          say({
            type: 'result', execution, attempt, outcome: 'succeeded', reason: 'finished', message: 'done', exitCode: 0, data: null, durationMs: 1, logSize: logFrom,
            cutBytes: 0, ...result,
          }), // biome-ignore format: a message
        async disconnect() {
          connections.get(state.id)?.close(1006, 'cut');
          connections.delete(state.id);
          state.connected = false;
          await feature.presence.gone(state.id);
        },
        async connect(journal = []) {
          const { verdicts } = await feature.presence.returned(state.id, journal);
          open();
          feature.agentChanged(state.id);
          return verdicts;
        },
      };
    },
  };
}
