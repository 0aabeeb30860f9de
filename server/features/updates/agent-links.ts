import type { UpdateOrder } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import type { AgentConnection } from '../../platform/gateway/connection.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import type { Presence } from './host-updates.ts';

/**
 * What is known of the present connections and of no row: whether the agent told on it what it runs as, and which order it was sent. It dies
 * with the connection, so that everything is said again on the next one.
 */
export type AgentLinks = {
  /** The agent told what it runs as. */
  told(connection: AgentConnection): void;
  /** Something may be different about this agent: it is looked at in the next pass. */
  changed(agentId: string): void;
  presenceOf(agentId: string): Presence;
  isConnected(agentId: string): boolean;
  /** Sends the order, once on each connection. */
  order(agentId: string, order: UpdateOrder): void;
  cancel(agentId: string, updateId: string): void;
  /** Those who told something since the last time. */
  takeNews(): readonly string[];
};

export type AgentLinksResources = {
  readonly clock: Clock;
  readonly agents: Pick<AgentsService, 'connection'>;
};

export function createAgentLinks({ clock, agents }: AgentLinksResources): AgentLinks {
  const told = new WeakSet<AgentConnection>();
  const ordered = new WeakMap<AgentConnection, string>();
  let news = new Set<string>();

  return {
    told(connection) {
      told.add(connection);
      news.add(connection.agentId);
    },
    changed: (agentId) => void news.add(agentId),
    presenceOf(agentId) {
      const connection = agents.connection(agentId);
      if (connection === undefined) return { connectedMs: undefined, hasTold: false };
      return { connectedMs: clock.now() - connection.openedAt, hasTold: told.has(connection) };
    },
    isConnected: (agentId) => agents.connection(agentId) !== undefined,
    order(agentId, order) {
      const connection = agents.connection(agentId);
      if (connection === undefined || ordered.get(connection) === order.update) return;
      ordered.set(connection, order.update);
      connection.send({ type: 'update', ...order });
    },
    cancel(agentId, updateId) {
      const connection = agents.connection(agentId);
      if (connection === undefined) return;
      // should it be resumed, the order comes again
      ordered.delete(connection);
      connection.send({ type: 'update_cancel', update: updateId });
    },
    takeNews() {
      const taken = [...news];
      news = new Set();
      return taken;
    },
  };
}
