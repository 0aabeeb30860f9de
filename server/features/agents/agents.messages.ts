import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { closeCodes } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { AgentConnection, MessageHandlers } from '../../platform/gateway/connection.ts';
import type { Database } from '../../schema/schema.ts';
import { updateAgent } from './agents.store.ts';
import type { Connections } from './connections.ts';
import type { Fleet } from './fleet.ts';
import type { HeartbeatRows } from './heartbeat-rows.ts';

export type AgentMessagesResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly log: Logger;
  readonly fleet: Fleet;
  readonly connections: Connections;
  readonly heartbeatRows: HeartbeatRows;
  /** after the connection is registered */
  readonly onReady: (connection: AgentConnection) => void | Promise<void>;
  readonly onGone: (agentId: string) => void | Promise<void>;
};

/** What the gateway needs of the agents: who came, who went, and what they say of themselves. */
export type AgentMessages = {
  readonly handlers: Pick<MessageHandlers, 'facts' | 'heartbeat'>;
  readonly onReady: (connection: AgentConnection) => void;
  readonly onClosed: (connection: AgentConnection) => void;
};

/** Facts are small by contract, and so is a version; what an agent sends beyond that is not kept. */
const maxFacts = 200;
const maxVersionLength = 100;

export function createAgentMessages(resources: AgentMessagesResources): AgentMessages {
  const { db, clock, events, log, fleet, connections, heartbeatRows, onReady, onGone } = resources;

  /** Those who are told work on their own; the connection does not fail with them. */
  const inform = async (what: string, agentId: string, tell: () => void | Promise<void>): Promise<void> => {
    try {
      await tell();
    } catch (error) {
      log.error({ err: error, agentId }, `${what} failed`);
    }
  };

  return {
    handlers: {
      async facts({ agentId }, message) {
        const agent = fleet.get(agentId);
        const facts = firstOf(message.facts);
        const runtimes = shortened(firstOf(message.runtimes));
        if (agent === undefined || (isDeepStrictEqual(facts, agent.facts) && isDeepStrictEqual(runtimes, agent.runtimes))) return;
        await db.write((writer) =>
          updateAgent(writer, agentId, { facts: JSON.stringify(facts), runtimes: JSON.stringify(runtimes) }),
        );
        fleet.update(agentId, { facts, runtimes });
      },
      heartbeat({ agentId }, { metrics }) {
        fleet.update(agentId, { metrics, lastSeenAt: clock.now() });
        heartbeatRows.noticed(agentId);
        events.emit('agent.metrics', { agentId });
      },
    },

    onReady(connection) {
      const agent = fleet.get(connection.agentId);
      if (agent === undefined || agent.revoked) {
        connection.close(closeCodes.revoked, 'the agent was revoked or removed');
        return;
      }
      connections.open(connection);
      fleet.update(agent.id, { connected: true, lastSeenAt: clock.now() });
      heartbeatRows.noticed(agent.id);
      void inform('telling of a new connection', agent.id, () => onReady(connection));
    },

    onClosed(connection) {
      if (!connections.close(connection)) return;
      fleet.update(connection.agentId, { connected: false });
      void inform('telling of a lost connection', connection.agentId, () => onGone(connection.agentId));
    },
  };
}

const shortened = (versions: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(versions).map(([name, version]) => [name.slice(0, maxVersionLength), version.slice(0, maxVersionLength)]),
  );

const firstOf = <T>(values: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).slice(0, maxFacts));
