import type { WebSocket } from 'ws';
import { maxFrameBytes, type ServerMessage } from '../../../shared/protocol.ts';
import type { SerialisedMessage } from './connection.ts';
import type { TurnEnd } from './turn-end.ts';

/** A message that goes to many agents is turned into text once. */
export const serialise = (message: ServerMessage): SerialisedMessage => ({ type: 'serialised', text: JSON.stringify(message) });

export type SendQueue = {
  /** @returns false if it would go over the bound; it is not queued then */
  add(message: ServerMessage | SerialisedMessage): boolean;
  /** Hands everything to the socket now. */
  flush(): void;
};

/**
 * Messages of one turn leave as one frame, in order. The bound counts what waits here and what the socket could not yet send, so that an
 * agent that does not read costs no more memory than `maxQueueBytes`.
 */
export function createSendQueue(ws: WebSocket, turnEnd: TurnEnd, maxQueueBytes: number): SendQueue {
  let queue: string[] = [];
  let queuedBytes = 0;

  function flush(): void {
    const texts = queue;
    queue = [];
    queuedBytes = 0;
    const [only] = texts;
    if (texts.length === 1 && only !== undefined) ws.send(only);
    else for (const frame of framesOf(texts)) ws.send(frame);
  }

  return {
    add(message) {
      const text = message.type === 'serialised' ? message.text : JSON.stringify(message);
      const bytes = Buffer.byteLength(text);
      const waiting = ws.bufferedAmount + queuedBytes;
      // a single message may be as large as it is, or the agent could never get it
      if (waiting > 0 && waiting + bytes > maxQueueBytes) return false;
      queue.push(text);
      queuedBytes += bytes;
      turnEnd.run(flush);
      return true;
    },
    flush,
  };
}

/** As few frames as the frame limit of the far side allows. */
function framesOf(texts: readonly string[]): string[] {
  const frames: string[] = [];
  let group: string[] = [];
  let groupBytes = 2;
  for (const text of texts) {
    const bytes = Buffer.byteLength(text) + 1;
    if (group.length > 0 && groupBytes + bytes > maxFrameBytes) {
      frames.push(frameOf(group));
      group = [];
      groupBytes = 2;
    }
    group.push(text);
    groupBytes += bytes;
  }
  if (group.length > 0) frames.push(frameOf(group));
  return frames;
}

const frameOf = (texts: readonly string[]): string => (texts.length === 1 ? (texts[0] as string) : `[${texts.join(',')}]`);
