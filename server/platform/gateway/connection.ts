import type { AgentMessage, AgentMessageOf, ServerMessage } from '../../../shared/protocol.ts';

/** A live, authenticated connection of one agent. At most one per agent: the newest wins. */
export type AgentConnection = {
  readonly agentId: string;
  readonly agentName: string;
  readonly openedAt: number;
  /** false once closed or replaced: late work for it is dropped */
  readonly isOpen: () => boolean;
  /**
   * Queues a message; messages of one turn of the event loop leave as one frame, in order. Returns false if the connection is closed or
   * its queue is over its bound, in which case the connection is closed (4413): nothing is lost, the row is the truth and the agent
   * reconciles on return.
   */
  send(message: ServerMessage | SerialisedMessage): boolean;
  close(code: number, reason: string): void;
};

/** A message that goes to many agents, turned into text once (`serialise` in `send-queue.ts`). */
export type SerialisedMessage = { readonly type: 'serialised'; readonly text: string };

/**
 * One handler per message type, all features together (main merges them). Handlers are called in the order of arrival and start their
 * database writes before they first await, so that the writes keep that order too. A handler that throws closes the connection.
 */
export type MessageHandlers = {
  readonly [T in Exclude<AgentMessage['type'], 'hello'>]?: (
    connection: AgentConnection,
    message: AgentMessageOf<T>,
  ) => Promise<void> | void;
};
