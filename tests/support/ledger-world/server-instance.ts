import { createAudit } from '../../../server/features/audit/audit.service.ts';
import { logMessages } from '../../../server/features/logs/logs.messages.ts';
import { createLogs } from '../../../server/features/logs/logs.service.ts';
import { createSchedules } from '../../../server/features/schedules/schedules.service.ts';
import { checkTiming, nextTiming, upcoming } from '../../../server/features/schedules/schedules.ts';
import {
  createTasksFeature,
  type TasksFeature,
  type TasksFeatureResources,
} from '../../../server/features/tasks/tasks.feature.ts';
import type { Clock } from '../../../server/platform/clock.ts';
import { createEventBus } from '../../../server/platform/events/bus.ts';
import type { AgentConnection, MessageHandlers } from '../../../server/platform/gateway/connection.ts';
import type { Database } from '../../../server/schema/schema.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import type { AgentMessage } from '../../../shared/protocol.ts';

export const leaseSeconds = 30;
export const lostAfterSeconds = 3600;

/** The ledger of one server process. Killed, it commits nothing more and nobody hears of it, whatever it still tries. */
export type ServerInstance = {
  readonly feature: TasksFeature;
  isAlive(): boolean;
  handle(connection: AgentConnection, message: AgentMessage): Promise<void>;
  dispatchWanted(): boolean;
  dispatch(): Promise<void>;
  firingsWanted(): boolean;
  /** Fires what is due. */
  fire(): Promise<void>;
  kill(): void;
};

/** None of its tasks names one. */
const noSecrets: TasksFeatureResources['secrets'] = {
  check: async () => [],
  noteUsesIn: async () => undefined,
  openIn: async () => ({ values: {} }),
};

/** What a killed instance throws; the world drops it. */
export class Killed extends Error {}

export type InstanceResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: IdGenerator;
  readonly random: () => number;
  readonly agents: TasksFeatureResources['agents'];
  readonly plugins: TasksFeatureResources['plugins'];
  readonly leaseSeconds?: number;
};

export async function startInstance(resources: InstanceResources): Promise<ServerInstance> {
  const { clock, newId, random, agents, plugins } = resources;
  let alive = true;
  let wanted = false;
  let firingsWanted = true;
  const die = (): never => {
    throw new Killed();
  };
  const db: Database = {
    read: resources.db.read,
    write: (work) => (alive ? resources.db.write((writer) => (alive ? work(writer) : die())) : Promise.reject(new Killed())),
    close: async () => undefined,
  };
  const events = createEventBus((error) => {
    throw error;
  });
  const logs = createLogs({ db, clock, events });
  const feature = createTasksFeature({
    db,
    clock,
    newId,
    random,
    events,
    audit: createAudit({ db, clock, newId }),
    agents: { ...agents, send: (agentId, message) => (alive ? agents.send(agentId, message) : true) },
    plugins,
    secrets: noSecrets,
    logs,
    schedule: { check: checkTiming, next: nextTiming, upcoming },
    leaseSeconds: resources.leaseSeconds ?? leaseSeconds,
    lostAfterSeconds,
    wakeDispatch: () => {
      wanted = true;
    },
  });
  const wakeSchedules = (): void => {
    firingsWanted = true;
  };
  const { dueTasks, nextDueAt, tasks } = feature;
  const schedules = createSchedules({ clock, dueTasks, nextDueAt, fireDue: tasks.fireDue, wake: wakeSchedules });
  events.on('task.changed', wakeSchedules);
  const handlers: MessageHandlers = { ...feature.messages, ...logMessages(logs) };
  await feature.begin();
  return {
    feature,
    isAlive: () => alive,
    handle: async (connection, message) => {
      await handlers[message.type as 'accept']?.(connection, message as never);
    },
    dispatchWanted: () => alive && wanted,
    dispatch() {
      wanted = false;
      return feature.dispatch();
    },
    firingsWanted: () => alive && firingsWanted,
    fire() {
      firingsWanted = false;
      return schedules.pass();
    },
    kill() {
      alive = false;
      schedules.stop();
    },
  };
}
