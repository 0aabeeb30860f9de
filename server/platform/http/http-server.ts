import { createServer, type IncomingMessage, type RequestListener, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../../shared/errors.ts';
import type { Clock } from '../clock.ts';
import { rawProblem } from './raw-answer.ts';
import { createSecureServer, type SecureServer, type TlsFiles } from './secure-server.ts';

/**
 * The one listener: HTTP or HTTPS, and the upgrade to WebSocket on the paths that were given.
 *
 *   created ──listen()──> listening ──stop()──> stopping ──> closed
 *
 * Stopping: no new connection; whoever registered with `onStop` is told (waiting requests return, streams end); requests in flight finish;
 * when the last has, or the grace is over, every connection is closed. Sockets that were upgraded belong to their handler, which closes
 * them politely before; those left at the end are cut.
 */
export type HttpServer = {
  /** Must be called before `listen`. */
  onRequest(listener: (request: IncomingMessage, response: ServerResponse) => void): void;
  onUpgrade(path: string, handler: UpgradeHandler): void;
  /** @returns unsubscribe; the callback runs at once if the server is stopping already */
  onStop(callback: () => void): () => void;
  readonly isStopping: () => boolean;
  listen(): Promise<ListeningAt>;
  /** May be called twice; both settle when all is closed. */
  stop(graceMs: number, upgradedEnd?: Promise<void>): Promise<void>;
};

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
export type ListeningAt = { readonly host: string; readonly port: number; readonly url: string };

export type HttpServerResources = {
  readonly host: string;
  /** 0: any free one */
  readonly port: number;
  readonly tls: TlsFiles | null;
  readonly clock: Clock;
};

export function createHttpServer({ host, port, tls, clock }: HttpServerResources): HttpServer {
  // what asks for another protocol, such as HTTP/2 in clear text, is answered as if it had not; else it would never be answered
  const options = { shouldUpgradeCallback: isWebSocketForUs };
  const { server, closeWaiting, closeAll } = tls === null ? createPlainServer(options) : createSecureServer(options, tls, clock);
  // longer than the idle time of common proxies, which would otherwise send a request into a connection that is being closed
  server.keepAliveTimeout = 75_000;
  const upgrades = new Map<string, UpgradeHandler>();
  const upgraded = new Set<Duplex>();
  const answering = new Set<Duplex>();
  const stopCallbacks = new Set<() => void>();
  let inFlight = 0;
  let allDone = (): void => {};
  let stopped: Promise<void> | undefined;

  function isWebSocketForUs({ headers, url }: IncomingMessage): boolean {
    return headers.upgrade?.toLowerCase() === 'websocket' && upgrades.has(pathOf(url));
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const handler = upgrades.get(pathOf(request.url));
    if (handler === undefined) {
      socket.end(rawProblem('not_found', 'No WebSocket answers here.'));
      return;
    }
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    if (stopped !== undefined) {
      socket.end(rawProblem('server_stopping', 'The server is stopping. Try again soon.', 5));
      return;
    }
    handler(request, socket, head);
  });

  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // an answer that is under way cannot be followed by another one
    if (error.code === 'ECONNRESET' || !socket.writable || answering.has(socket)) socket.destroy();
    else socket.end(rawProblem(...faultOf(error)), () => socket.destroy());
  });

  async function end(graceMs: number, upgradedEnd: Promise<void> | undefined): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const callback of [...stopCallbacks]) callback();
    server.closeIdleConnections();
    closeWaiting();
    await Promise.all([inFlight > 0 ? finished(graceMs) : undefined, upgradedEnd]);
    for (const socket of upgraded) socket.destroy();
    closeAll();
    await closed;
  }

  function finished(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(graceMs, resolve);
      allDone = () => {
        cancel();
        resolve();
      };
    });
  }

  return {
    onRequest(listener) {
      const answer: RequestListener = (request, response) => {
        inFlight += 1;
        const { socket } = request;
        answering.add(socket);
        response.once('close', () => {
          answering.delete(socket);
          inFlight -= 1;
          if (inFlight === 0) allDone();
        });
        listener(request, response);
      };
      server.on('request', answer);
      // an `Expect` that nobody knows is passed over; Node's own answer to it would be no problem document
      server.on('checkExpectation', answer);
    },
    onUpgrade(path, handler) {
      upgrades.set(path, handler);
    },
    onStop(callback) {
      if (stopped !== undefined) callback();
      else stopCallbacks.add(callback);
      return () => void stopCallbacks.delete(callback);
    },
    isStopping: () => stopped !== undefined,
    async listen() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve();
        });
      });
      const actual = (server.address() as AddressInfo).port;
      const name = host.includes(':') ? `[${host}]` : host;
      return { host, port: actual, url: `${tls === null ? 'http' : 'https'}://${name}:${actual}` };
    },
    stop(graceMs, upgradedEnd) {
      stopped ??= server.listening ? end(graceMs, upgradedEnd) : Promise.resolve();
      return stopped;
    },
  };
}

/** It knows all of its connections itself. */
function createPlainServer(options: ServerOptions): SecureServer {
  const server = createServer(options);
  return { server, closeWaiting: () => undefined, closeAll: () => server.closeAllConnections() };
}

const pathOf = (url: string | undefined): string => (url ?? '/').split('?', 1)[0] ?? '/';

/** Whatever it is that the parser of Node did not take. */
function faultOf({ code }: NodeJS.ErrnoException): [ErrorCode, string] {
  if (code === 'HPE_HEADER_OVERFLOW') return ['headers_too_large', 'The headers, or the URL, are longer than 16 KiB together.'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return ['request_timeout', 'The request was not complete in time.'];
  return ['request_malformed', 'What came over the connection is not a valid HTTP/1.1 request.'];
}
