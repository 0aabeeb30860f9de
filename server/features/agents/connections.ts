import type { ServerMessage } from '../../../shared/protocol.ts';
import type { AgentConnection } from '../../platform/gateway/connection.ts';
import { serialise } from '../../platform/gateway/send-queue.ts';

/** The open connections, one per agent, each with the token for the downloads beside it, which dies with it. */
export type Connections = {
  of(agentId: string): AgentConnection | undefined;
  /** The token of a connection that is about to open; a later one takes its place. */
  prepare(agentId: string, downloadToken: string): void;
  open(connection: AgentConnection): void;
  /** @returns whether it was the agent's current one */
  close(connection: AgentConnection): boolean;
  send(agentId: string, message: ServerMessage): boolean;
  broadcast(message: ServerMessage): void;
  agentOfToken(downloadToken: string): string | undefined;
};

type Live = { readonly connection: AgentConnection; readonly downloadToken: string | undefined };

export function createConnections(): Connections {
  const live = new Map<string, Live>();
  const prepared = new Map<string, string>();
  const agentsByToken = new Map<string, string>();

  return {
    of: (agentId) => live.get(agentId)?.connection,
    prepare: (agentId, downloadToken) => void prepared.set(agentId, downloadToken),
    open(connection) {
      const { agentId } = connection;
      const downloadToken = prepared.get(agentId);
      prepared.delete(agentId);
      live.set(agentId, { connection, downloadToken });
      if (downloadToken !== undefined) agentsByToken.set(downloadToken, agentId);
    },
    close(connection) {
      const current = live.get(connection.agentId);
      if (current?.connection !== connection) return false;
      live.delete(connection.agentId);
      agentsByToken.delete(current.downloadToken ?? '');
      return true;
    },
    send: (agentId, message) => live.get(agentId)?.connection.send(message) ?? false,
    broadcast(message) {
      const serialised = serialise(message);
      for (const { connection } of live.values()) connection.send(serialised);
    },
    agentOfToken: (downloadToken) => agentsByToken.get(downloadToken),
  };
}
