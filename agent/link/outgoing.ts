import type { AgentMessage } from '../../shared/protocol.ts';

/** What a socket must offer; `ws` does. */
export type FrameSink = { send(frame: string, sent: () => void): void; readonly bufferedAmount: number };

/**
 * The messages of one turn of the event loop become one frame. Frames are kept well under the limit of the protocol.
 */
export type Outgoing = {
  send(message: AgentMessage): void;
  readonly hasRoom: () => boolean;
  onRoom(listener: () => void): void;
  flush(): void;
};

const frameBytes = 1024 * 1024;
const roomBytes = 1024 * 1024;

export function createOutgoing(sink: FrameSink): Outgoing {
  let queued: string[] = [];
  let queuedLength = 0;
  let isCrowded = false;
  let listener = (): void => {};

  function flush(): void {
    if (queued.length === 0) return;
    const frame = queued.length === 1 ? (queued[0] as string) : `[${queued.join(',')}]`;
    queued = [];
    queuedLength = 0;
    sink.send(frame, () => {
      if (!isCrowded || !hasRoom()) return;
      isCrowded = false;
      listener();
    });
  }

  function hasRoom(): boolean {
    if (sink.bufferedAmount + queuedLength < roomBytes) return true;
    isCrowded = true;
    return false;
  }

  return {
    send(message) {
      const text = JSON.stringify(message);
      if (queued.length > 0 && queuedLength + text.length > frameBytes) flush();
      if (queued.push(text) === 1) setImmediate(flush);
      queuedLength += text.length;
    },
    hasRoom,
    onRoom(next) {
      listener = next;
    },
    flush,
  };
}
