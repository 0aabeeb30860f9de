import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { type ErrorCode, errorCatalogue } from '../../shared/errors.ts';

/** A small HTTP server that answers as the REST API does, for tests of what talks to it. */
export type StubApi = {
  readonly url: string;
  readonly requests: StubRequest[];
  /** e.g. `GET /api/v1/tasks`; a later one replaces an earlier */
  answer(what: string, with_: StubAnswer): void;
  /** What the first word to an agent is; undefined: upgrades are refused, as by a proxy that does not know WebSocket. */
  greetAgents(word: unknown): void;
  stop(): Promise<void>;
};

export type StubRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
};

/** A body for 200; with `status`, anything; `'hang up'` closes the connection in the middle. */
export type StubReply =
  | { readonly status?: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | 'hang up';
export type StubAnswer = StubReply | ((request: StubRequest) => StubReply | Promise<StubReply>);

export const stubToken = `mst_${'t'.repeat(43)}`;

export async function startStubApi(answers: Readonly<Record<string, StubAnswer>> = {}): Promise<StubApi> {
  const all = new Map(Object.entries(answers));
  const requests: StubRequest[] = [];
  const server = createServer((incoming, response) => {
    // a request that the test cannot read is the test's own fault: its connection ends
    respond(incoming, response).catch(() => response.destroy());
  });
  async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const url = new URL(incoming.url ?? '/', 'http://stub');
    const request: StubRequest = {
      method: incoming.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: incoming.headers as Record<string, string | undefined>,
      body: text === '' ? undefined : JSON.parse(text),
    };
    requests.push(request);
    const reply = await replyTo(request, all);
    if (reply === 'hang up') {
      response.destroy();
      return;
    }
    const { status = 200, body, headers = {} } = reply;
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...headers });
    response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  }
  const sockets = new WebSocketServer({ noServer: true });
  let greeting: unknown = { type: 'challenge' };
  server.on('upgrade', (request, socket, head) => {
    if (greeting === undefined) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else sockets.handleUpgrade(request, socket, head, (ws) => ws.send(JSON.stringify(greeting)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (what, with_) => void all.set(what, with_),
    greetAgents(word) {
      greeting = word;
    },
    stop: () =>
      new Promise((resolve) => {
        for (const ws of sockets.clients) ws.terminate();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function replyTo(request: StubRequest, answers: ReadonlyMap<string, StubAnswer>): Promise<StubReply> {
  const answer = answers.get(`${request.method} ${request.path}`);
  const open = ['/readyz', '/healthz', '/api/v1/openapi.json'].includes(request.path);
  if (!open && request.headers.authorization !== `Bearer ${stubToken}`)
    return problem('unauthenticated', 'Sign in, or send a token.');
  if (answer === undefined) return problem('not_found', `There is nothing at ${request.path}.`);
  return typeof answer === 'function' ? await answer(request) : answer;
}

export const problem = (code: ErrorCode, detail: string, more: Readonly<Record<string, unknown>> = {}): StubReply => {
  const { status, title } = errorCatalogue[code];
  return { status, body: { type: `/api/docs/errors#${code}`, title, status, code, detail, ...more } };
};

export const pageOf = (...items: unknown[]): StubReply => ({ body: { items, next: null } });
