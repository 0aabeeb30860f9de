import type { LinkEvents } from '../../../agent/link/link.ts';
import type { AgentConnection } from '../../../server/platform/gateway/connection.ts';
import type { AgentMessage, ServerMessage } from '../../../shared/protocol.ts';

/**
 * A connection, as TCP and its end are: what is sent arrives in order, when the test says so, or not at all. Each side sees the end in its
 * own time, and until then what the other one had sent may still arrive.
 */
export type WorldLink = {
  readonly toAgent: ServerMessage[];
  readonly toServer: AgentMessage[];
  /** what arrived, for a test that lets it arrive twice */
  readonly heardByAgent: ServerMessage[];
  readonly heardByServer: AgentMessage[];
  readonly handlers: Set<Promise<unknown>>;
  readonly nonce: string;
  connection: AgentConnection;
  events: LinkEvents;
  isOpenForAgent: boolean;
  isOpenForServer: boolean;
  /** the hello was read */
  isGreeted: boolean;
};

export const isAboutAnAttempt = <M extends { readonly type: string }>(message: M): boolean =>
  ['offer', 'start', 'stop', 'ack', 'log_ack', 'log_from', 'accept', 'decline', 'log', 'result'].includes(message.type);
