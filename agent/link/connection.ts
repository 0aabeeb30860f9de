import type { Logger } from 'pino';
import { WebSocket } from 'ws';
import { closeCodes, maxFrameBytes } from '../../shared/protocol.ts';
import type { Clock } from '../clock.ts';
import { readFrame } from './frames.ts';
import type { Link, LinkEvents } from './link.ts';
import { noPlaceMsOf } from './no-place.ts';
import { createOutgoing } from './outgoing.ts';
import { type ComeBack, type LinkEnd, noTries, retryAfter, stableAfterMs } from './retry-policy.ts';
import { tunnelThrough } from './tunnel.ts';

/**
 * Keeps one socket to the server open, for as long as the agent lives:
 *
 *   connecting ──> open (a session runs on it) ──> waiting (with jitter) ──> connecting
 *        └─────────────── fails ─────────────────────┘└──> over: this agent is not wanted any more
 */
export type Connection = {
  start(): void;
  /** Closes for good; may be called twice. */
  stop(): Promise<void>;
};

export type ConnectionResources = {
  readonly serverUrl: string;
  /** an HTTP proxy on the way to it */
  readonly proxy?: string | undefined;
  /** Called with each socket that opened; what it answers hears the messages. */
  readonly openSession: (link: SessionLink) => LinkEvents;
  /** The server is tried again later. */
  readonly onWaiting?: (why: string) => void;
  /** No further try makes sense; called at most once. */
  readonly onOver: (why: string) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
};

/** A link, and what only the session tells about it. */
export type SessionLink = Link & {
  /** How long the socket may be silent before it counts as cut. */
  setSilence(seconds: number): void;
  /** The server said why it will close the socket. */
  refused(code: string): void;
  /**
   * Both sides have proved who they are.
   * @param fleetMs in which time the whole fleet is to be back after a cut
   */
  established(fleetMs: number | undefined): void;
  /** The server is about to close the socket, and said when to try again. */
  comeBack(when: ComeBack): void;
};

/** Until the server says how long it may be silent. */
const handshakeSeconds = 20;
/** How soon after the end of a sleep a dead connection is noticed. */
const watchEveryMs = 5000;

export function createConnection({
  serverUrl,
  proxy,
  openSession,
  onWaiting,
  onOver,
  clock,
  random,
  log,
}: ConnectionResources): Connection {
  const url = socketUrl(serverUrl);
  let tries = noTries;
  let isStopped = false;
  let socket: WebSocket | undefined;
  let cancelWait: (() => void) | undefined;

  function connect(): void {
    cancelWait = undefined;
    const fresh = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: 4 * maxFrameBytes,
      handshakeTimeout: handshakeSeconds * 1000,
      ...(url.startsWith('wss:') ? { generateMask: noMask } : {}),
      ...(proxy === undefined ? {} : { agent: tunnelThrough(proxy, url.startsWith('wss:')) }),
    });
    socket = fresh;
    let heardAt = clock.elapsed();
    let silenceMs = handshakeSeconds * 1000;
    let establishedAt: number | undefined;
    let refusal: string | undefined;
    let told: ComeBack | undefined;
    let fleetMs: number | undefined;
    let noPlaceMs: number | undefined;
    let endCode: number | undefined;
    let events: LinkEvents | undefined;
    let cancelWatch: (() => void) | undefined;
    const outgoing = createOutgoing({
      send: (frame, sent) => fresh.send(frame, sent),
      get bufferedAmount() {
        return fresh.bufferedAmount;
      },
    });

    function close(code: number, reason: string): void {
      endCode ??= code;
      outgoing.flush();
      fresh.close(code, reason.slice(0, 100));
    }

    const silentFor = (): number => clock.elapsed() - heardAt;

    /**
     * A cut that nobody announces shows only in silence. It looks again and again: a timer stands still while the host is suspended, and
     * would notice only long after it woke up that the server has given up this connection.
     */
    function watch(): void {
      const rest = silenceMs - silentFor();
      if (rest > 0) cancelWatch = clock.after(Math.min(rest, watchEveryMs), watch);
      else endSilent();
    }

    function endSilent(): void {
      log.warn({ silenceSeconds: silenceMs / 1000 }, 'server_silent');
      endCode ??= closeCodes.silent;
      fresh.terminate();
    }

    function receive(text: string): void {
      // This process stood still (it was stopped, or the host slept), and the server has counted the connection as cut since. What waits in
      // the socket is from before: an offer or a `start` in it is not to be followed, and the next hello and welcome tell how things stand.
      if (silentFor() >= silenceMs) endSilent();
      if (endCode === closeCodes.silent) return;
      heardAt = clock.elapsed();
      const frame = readFrame(text);
      if ('malformed' in frame) {
        log.error({ problem: frame.malformed }, 'frame_malformed');
        close(closeCodes.malformed, frame.malformed);
        return;
      }
      for (const type of frame.unknown) log.warn({ type }, 'message_type_unknown');
      try {
        for (const message of frame.messages) if (endCode === undefined) events?.message(message);
      } catch (error) {
        // running work must not suffer from it; what is in doubt now is settled by the hello and verdicts of the next connection
        log.error({ err: error }, 'message_not_handled');
        close(1011, 'the agent could not handle a message');
      }
    }

    fresh.on('open', () => {
      heardAt = clock.elapsed();
      watch();
      events = openSession({
        send: outgoing.send,
        hasRoom: outgoing.hasRoom,
        onRoom: outgoing.onRoom,
        close,
        setSilence(seconds) {
          silenceMs = seconds * 1000;
          cancelWatch?.();
          watch();
        },
        refused(code) {
          refusal = code;
        },
        established(ms) {
          establishedAt = clock.elapsed();
          fleetMs = ms;
        },
        comeBack(when) {
          told = when;
        },
      });
    });
    fresh.on('message', (data) => receive(String(data)));
    fresh.on('ping', () => {
      heardAt = clock.elapsed();
    });
    fresh.on('unexpected-response', (_request, response) => {
      noPlaceMs = noPlaceMsOf(response);
      log.debug({ status: response.statusCode }, 'socket_refused');
      fresh.terminate();
    });
    fresh.on('error', (error) => log.debug({ err: error }, 'socket_failed'));
    fresh.on('close', (code) => {
      cancelWatch?.();
      socket = undefined;
      events?.closed();
      const wasStable = establishedAt !== undefined && clock.elapsed() - establishedAt >= stableAfterMs;
      if (!isStopped) retry({ code: endCode ?? code, refusal, wasStable, told, fleetMs, noPlaceMs });
    });
  }

  function retry(end: LinkEnd): void {
    const next = retryAfter(end, tries, clock.elapsed(), random());
    if (next.kind === 'never') {
      isStopped = true;
      onOver(next.why);
      return;
    }
    tries = next.tries;
    log.warn({ code: end.code, seconds: Math.round(next.delayMs / 100) / 10, why: next.why }, 'disconnected');
    onWaiting?.(next.why);
    cancelWait = clock.after(next.delayMs, connect);
  }

  return {
    start: connect,
    async stop() {
      isStopped = true;
      cancelWait?.();
      const open = socket;
      if (open === undefined) return;
      await new Promise<void>((resolve) => {
        const cancel = clock.after(1000, () => open.terminate());
        open.once('close', () => {
          cancel();
          resolve();
        });
        if (open.readyState === WebSocket.CONNECTING) open.terminate();
        else open.close(1000, 'the agent stops');
      });
    },
  };
}

/**
 * A mask keeps what others wrote from looking like HTTP to a proxy that reads along. Nobody reads along inside of TLS, and behind a proxy that
 * ends it, a frame has no line of its own: JSON writes line ends as escapes. To mask each byte costs both sides as much as to parse it.
 */
const noMask = (mask: Buffer): void => void mask.fill(0);

function socketUrl(serverUrl: string): string {
  const url = new URL('agent/v1/connect', serverUrl.endsWith('/') ? serverUrl : `${serverUrl}/`);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
