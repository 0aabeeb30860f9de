import type { AgentMessage } from '../../shared/protocol.ts';
import type { Link } from './link.ts';

/**
 * The way to the server, for all that outlives a connection. It is up from the moment at which the server has told what it wants of the
 * journal until the connection ends; in between, nothing is sent and nothing is queued: what matters is on disk.
 */
export type Uplink = {
  readonly isUp: () => boolean;
  /** false if it is down: the message is dropped */
  send(message: AgentMessage): boolean;
  /** false while the server reads too slowly for bulk to make sense */
  readonly hasRoom: () => boolean;
  attach(link: Link): void;
  detach(link: Link): void;
  /** Calls back when it goes up or down, and when it has room again. */
  onChange(listener: () => void): void;
};

export function createUplink(): Uplink {
  let current: Link | undefined;
  const listeners: (() => void)[] = [];
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    isUp: () => current !== undefined,
    send(message) {
      current?.send(message);
      return current !== undefined;
    },
    hasRoom: () => current?.hasRoom() ?? false,
    attach(link) {
      current = link;
      link.onRoom(changed);
      changed();
    },
    detach(link) {
      if (current !== link) return;
      current = undefined;
      changed();
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
