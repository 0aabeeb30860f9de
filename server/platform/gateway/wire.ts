import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import { type AgentMessage, type AgentMessageOf, closeCodes, type ServerMessage } from '../../../shared/protocol.ts';
import type { Clock } from '../clock.ts';
import type { SerialisedMessage } from './connection.ts';
import { createFrameReading } from './frame-reading.ts';
import { closeReason, type Received, readFrame } from './frames.ts';
import { createIntake } from './intake.ts';
import type { IntakeBudget } from './intake-budget.ts';
import type { ReadingTurns } from './reading-turns.ts';
import { createSendQueue } from './send-queue.ts';
import type { TurnEnd } from './turn-end.ts';

/**
 * A socket that speaks the protocol. The first message must be a hello; what follows waits until `release`.
 *
 *   waiting for hello ──hello──> held ──release──> open          each ──close──> closed ──(socket is gone)──> ended
 *
 * Closed comes before the socket is gone: from then on nothing is sent, nothing is handled, and the agent may have a new connection.
 */
export type Wire = {
  /** undefined if it was closed before */
  readonly hello: Promise<Hello | OtherProtocol | undefined>;
  release(): void;
  /** @returns false if the wire is closed or was closed by this message, because its queue is over its bound */
  send(message: ServerMessage | SerialisedMessage): boolean;
  close(code: number, reason: string): void;
  terminate(): void;
  isOpen(): boolean;
  /** whether a message was left unanswered, so that the agent has to send it again */
  hasUnanswered(): boolean;
  /** when something was last heard; undefined while the server itself does not read */
  heardAt(): number | undefined;
  /** Asks the far side for a sign of life; false if none came in time, or the wire closed. */
  answers(withinMs: number): Promise<boolean>;
  /** Resolves when the handlers under way have finished. */
  settled(): Promise<void>;
  /** Resolves when the socket is gone. */
  readonly ended: Promise<void>;
};

export type Hello = { readonly kind: 'hello'; readonly message: AgentMessageOf<'hello'> };
export type OtherProtocol = Extract<Received, { kind: 'other_protocol' }>;

export type WireResources = {
  readonly ws: WebSocket;
  readonly clock: Clock;
  readonly log: Logger;
  readonly turnEnd: TurnEnd;
  readonly maxQueueBytes: number;
  readonly maxInFlight: number;
  readonly maxWaiting: number;
  readonly budget: IntakeBudget;
  readonly turns: ReadingTurns;
  /** a failure that will pass, such as a full disk: the agent is to send again when it has, and closing now would only have it come back */
  readonly willPass: (error: unknown) => boolean;
  readonly handle: (message: AgentMessage) => Promise<void> | void;
  /** called before it closes because of what the far side sent */
  readonly onMalformed: () => void;
  /** called once, at once when it closes */
  readonly onClosed: () => void;
};

/** The server failed at a message of this agent; it comes back with back-off and sends again. */
export const serverFailed = 1011;

export function createWire(resources: WireResources): Wire {
  const {
    ws,
    clock,
    log,
    turnEnd,
    maxQueueBytes,
    maxInFlight,
    maxWaiting,
    budget,
    turns,
    willPass,
    handle,
    onMalformed,
    onClosed,
  } = resources;
  const queue = createSendQueue(ws, turnEnd, maxQueueBytes);
  const hello = Promise.withResolvers<Hello | OtherProtocol | undefined>();
  const ended = Promise.withResolvers<void>();
  const warnedTypes = new Set<string>();
  let open = true;
  let greeted = false;
  let unanswered = false;
  let heardAt = clock.monotonic();

  /** reading has stopped for so many reasons at present */
  let pauses = 0;
  const pauseReading = (): void => {
    pauses += 1;
    if (pauses === 1) ws.pause();
  };
  const resumeReading = (): void => {
    pauses -= 1;
    if (pauses > 0) return;
    heardAt = clock.monotonic();
    ws.resume();
  };

  const intake = createIntake({
    handle,
    maxInFlight,
    maxWaiting,
    budget,
    pauseReading,
    resumeReading,
    onFailure: (error) => {
      if (willPass(error)) {
        if (!unanswered) log.warn({ err: error }, 'agent message not answered for now');
        unanswered = true;
        return;
      }
      log.error({ err: error }, 'agent message failed');
      close(serverFailed, 'the server failed to handle a message');
    },
  });

  const reading = createFrameReading({ turns, pauseReading, resumeReading, read });

  function onFrame(data: RawData, isBinary: boolean): void {
    heardAt = clock.monotonic();
    if (!open) return;
    if (isBinary) refuseMalformed('A frame is text, not binary.');
    else reading.heard(data as Buffer);
  }

  function read(data: Buffer): void {
    const frame = readFrame(data.toString());
    if ('kind' in frame) refuseMalformed(frame.reason);
    else for (const received of frame) if (open) take(received);
  }

  function take(received: Received): void {
    if (received.kind === 'unknown') warnOnce(received.type);
    else if (received.kind === 'other_protocol') greet(received);
    else if (received.message.type === 'hello') greet({ kind: 'hello', message: received.message });
    else if (greeted) intake.push(received.message);
    else refuseMalformed(`${received.message.type}: The first message is the hello.`);
  }

  function greet(first: Hello | OtherProtocol): void {
    if (greeted) refuseMalformed('hello: It was said before on this connection.');
    greeted = true;
    hello.resolve(first);
  }

  function refuseMalformed(reason: string): void {
    if (!open) return;
    log.warn({ reason }, 'malformed agent message');
    onMalformed();
    close(closeCodes.malformed, reason);
  }

  function warnOnce(type: string): void {
    if (warnedTypes.has(type) || warnedTypes.size >= 100) return;
    warnedTypes.add(type);
    log.warn({ type }, 'unknown agent message ignored');
  }

  function close(code: number, reason: string): void {
    if (!open) return;
    queue.flush();
    ws.close(code, closeReason(reason));
    // the close frame of the far side must be read, or the socket stays until the close time-out
    ws.resume();
    closed();
  }

  function closed(): void {
    if (!open) return;
    open = false;
    reading.stop();
    intake.stop();
    hello.resolve(undefined);
    onClosed();
  }

  function answers(withinMs: number): Promise<boolean> {
    if (!open) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (answer: boolean) => (): void => {
        cancel();
        ws.off('pong', heard).off('close', gone);
        resolve(answer && open);
      };
      const heard = settle(true);
      const gone = settle(false);
      const cancel = clock.after(withinMs, gone);
      ws.on('pong', heard).on('close', gone);
      ws.ping();
    });
  }

  ws.on('message', onFrame);
  ws.on('pong', () => {
    heardAt = clock.monotonic();
  });
  ws.on('error', (error) => {
    log.warn({ err: error }, 'agent socket error');
    closed();
  });
  ws.on('close', () => {
    closed();
    ended.resolve();
  });

  return {
    hello: hello.promise,
    release: intake.release,
    send(message) {
      if (!open) return false;
      if (queue.add(message)) return true;
      log.warn({ bufferedBytes: ws.bufferedAmount }, 'agent reads too slowly');
      close(closeCodes.tooSlow, 'the agent did not read fast enough');
      return false;
    },
    close,
    terminate: () => ws.terminate(),
    isOpen: () => open,
    hasUnanswered: () => unanswered,
    answers,
    heardAt: () => (ws.isPaused ? undefined : heardAt),
    settled: intake.settled,
    ended: ended.promise,
  };
}
