import type { AgentMessage, ServerMessage } from '../../shared/protocol.ts';

/** One connection to the server, as the session on it sees it. */
export type Link = {
  /** Queues a message. Those of one turn of the event loop leave as one frame, in order. */
  send(message: AgentMessage): void;
  /** false while much is queued that the server has not read */
  readonly hasRoom: () => boolean;
  /** Calls back whenever there is room again. */
  onRoom(listener: () => void): void;
  close(code: number, reason: string): void;
};

/** What a connection tells its session. */
export type LinkEvents = {
  message(message: ServerMessage): void;
  /** after the last message; once */
  closed(): void;
};
