import { readFileSync } from 'node:fs';
import type { Server, ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MusterError } from '../../../shared/errors.ts';
import type { Clock } from '../clock.ts';

export type TlsFiles = { readonly certFile: string; readonly keyFile: string };

export type SecureServer = {
  readonly server: Server;
  /** Closes the connections on which TLS did not begin yet. */
  closeWaiting(): void;
  /** Closes every connection. The server itself knows only those that are through the handshake of TLS. */
  closeAll(): void;
};

/** as long as Node waits for the end of a TLS handshake */
const firstBytesMs = 120_000;
/** agents give up after 20 s */
const longestWaitMs = 15_000;
/** of the event loop, for beginning */
const msPerTurn = 10;

/** @throws MusterError that names the setting */
export function createSecureServer(
  options: ServerOptions,
  { certFile, keyFile }: TlsFiles,
  clock: Pick<Clock, 'monotonic'>,
): SecureServer {
  const [cert, key] = [readPem('tlsCert', certFile), readPem('tlsKey', keyFile)];
  try {
    const server = createTlsServer({ ...options, cert, key }).on('secureConnection', parseInTurn);
    return { server, ...beginInTurn(server, clock) };
  } catch (cause) {
    throw unusable(
      'tlsCert',
      `MUSTER_TLS_CERT (${certFile}) and MUSTER_TLS_KEY (${keyFile}) are no certificate and its key`,
      cause,
    );
  }
}

/**
 * TLS begins with the first bytes of a connection and not before: Node then makes the buffer for what comes in as large as they are, and
 * otherwise of 64 KiB, which stay for as long as the connection does.
 *
 *   silent ──first bytes──> waiting ──its turn──> TLS            each ──far side gone, or too late──> closed
 *
 * They wait for each other: the server's half of a handshake is done at once and is most of what a connection costs, so that in each turn of
 * the event loop only some begin, and those that have begun get on with it. When a whole fleet comes, it is let in one after the other
 * instead of all at once and too late.
 */
function beginInTurn(server: Server, { monotonic }: Pick<Clock, 'monotonic'>): Pick<SecureServer, 'closeWaiting' | 'closeAll'> {
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
  /** all of them, in whatever state */
  const open = new Set<Socket>();
  const silent = new Set<Socket>();
  /** since when; the one that waits longest is the first */
  const waiting = new Map<Socket, number>();
  let turn: NodeJS.Immediate | undefined;

  function beginSome(): void {
    turn = undefined;
    const startedAt = monotonic();
    const beginNext = (): void => {
      const [first] = waiting;
      if (first === undefined) return;
      if (monotonic() - startedAt >= msPerTurn) {
        turn ??= setImmediate(beginSome);
        return;
      }
      const [socket, since] = first;
      waiting.delete(socket);
      // its far side has given up by now, or will before it is done
      if (startedAt - since > longestWaitMs) socket.destroy();
      else begin(socket);
      // Node hands the first bytes to TLS in the next tick: only after that it shows what this handshake took
      process.nextTick(beginNext);
    };
    beginNext();
  }

  function begin(socket: Socket): void {
    if (socket.destroyed) return;
    socket.off('error', cut);
    for (const listener of listeners) listener.call(server, socket);
  }

  function cut(this: Socket): void {
    this.destroy();
  }

  function gone(this: Socket): void {
    open.delete(this);
    silent.delete(this);
    waiting.delete(this);
  }

  function heard(this: Socket): void {
    this.setTimeout(0, cut);
    silent.delete(this);
    // it ended without a word
    if (this.readableLength === 0) this.destroy();
    else waiting.set(this, monotonic());
    if (waiting.size > 0) turn ??= setImmediate(beginSome);
  }

  server.removeAllListeners('connection').on('connection', (socket: Socket) => {
    open.add(socket);
    silent.add(socket);
    socket.setTimeout(firstBytesMs, cut).on('error', cut).on('close', gone).once('readable', heard);
  });
  return {
    closeWaiting() {
      clearImmediate(turn);
      turn = undefined;
      for (const socket of [...silent, ...waiting.keys()]) socket.destroy();
    },
    closeAll() {
      server.closeAllConnections();
      for (const socket of open) socket.destroy();
    },
  };
}

/**
 * Node's parser reads a TLS socket below its streams, and goes on reading it after it was paused, because the answer before is not quite
 * sent: a large body that comes then counts as a fault, and the connection is cut. Who asks for the data of a socket, if only for a moment,
 * has them come through its stream, which waits.
 */
function parseInTurn(socket: Duplex): void {
  const nobody = (): void => {};
  socket.on('data', nobody).off('data', nobody);
}

function readPem(field: 'tlsCert' | 'tlsKey', file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw unusable(field, `${field === 'tlsCert' ? 'MUSTER_TLS_CERT' : 'MUSTER_TLS_KEY'} cannot be read`, cause);
  }
}

const unusable = (field: string, what: string, cause: unknown): MusterError =>
  new MusterError('field_invalid', `${what}: ${(cause as Error).message}.`, { field, cause });
