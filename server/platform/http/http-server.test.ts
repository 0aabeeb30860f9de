import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { startTestHttp, type TestHttp } from '../../../tests/support/http.ts';
import { systemClock } from '../clock.ts';
import { createHttpServer, type HttpServer } from './http-server.ts';
import { type AnyRoute, route } from './route.ts';

let http: TestHttp | undefined;
afterEach(async () => {
  await http?.stop();
  http = undefined;
});

/** A route whose handler answers when the test says so, or when its signal aborts. */
function waiting() {
  const state = { entered: Promise.withResolvers<AbortSignal>(), go: Promise.withResolvers<void>() };
  const declaration = route({
    method: 'GET',
    path: '/wait',
    permission: 'open',
    summary: 'Wait',
    tag: 'x',
    responses: { 200: z.object({ aborted: z.boolean() }) },
    async handler({ signal }) {
      state.entered.resolve(signal);
      await Promise.race([state.go.promise, new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))]);
      return { status: 200, body: { aborted: signal.aborted } };
    },
  });
  return { ...state, route: declaration };
}

const request = 'GET /wait HTTP/1.1\r\nHost: x\r\n\r\n';

async function text(socket: Socket): Promise<string> {
  let all = '';
  for await (const chunk of socket) all += String(chunk);
  return all;
}

const open = async (server: TestHttp): Promise<Socket> => {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};

describe('a stop', () => {
  test('tells those who wait, lets them finish, and closes', async () => {
    const { route, entered } = waiting();
    http = await startTestHttp({ routes: [route] });
    const answer = http.call('GET', '/wait');
    await entered.promise;
    const stopped = http.server.stop(10_000);
    const response = await answer;
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.json()).toEqual({ aborted: true });
    await stopped;
    await expect(http.call('GET', '/wait')).rejects.toThrow();
    await http.server.stop(0);
  });

  test('refuses what comes on connections that are still open, and waits for the rest', async () => {
    const { route, entered } = waiting();
    const release = Promise.withResolvers<void>();
    const held: AnyRoute = {
      ...route,
      handler: (request) => route.handler(request).then((answer) => release.promise.then(() => answer)),
    };
    http = await startTestHttp({ routes: [held] });
    const late = await open(http);
    const received = text(late);
    late.write('GET /wait HTTP/1.1\r\n');
    const answer = http.call('GET', '/wait');
    await entered.promise;
    const stopped = http.server.stop(10_000);
    late.write('Host: x\r\n\r\n');
    expect(await received).toMatch(/^HTTP\/1.1 503 [\s\S]*connection: close[\s\S]*server_stopping/i);
    release.resolve();
    expect((await answer).status).toBe(200);
    await stopped;
  });

  test('does not wait for one who asks for a WebSocket meanwhile, is refused, and stays', async () => {
    const server = createHttpServer({ host: '127.0.0.1', port: 0, tls: null, clock: systemClock });
    server.onUpgrade('/agent/v1/connect', () => undefined);
    const { port } = await server.listen();
    const guest = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(guest, 'connect');
    guest.write('GET /agent/v1/connect HTTP/1.1\r\nHost: x\r\n');
    const handlersEnd = Promise.withResolvers<void>();
    const stopped = server.stop(0, handlersEnd.promise);
    guest.write('Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(String(await once(guest, 'data'))).toMatch(/^HTTP\/1.1 503 /);
    handlersEnd.resolve();
    await stopped;
    guest.destroy();
  });

  test('ends those who do not finish when the grace is over', async () => {
    const clock = createFakeClock();
    const { route, entered } = waiting();
    const stuck: AnyRoute = { ...route, handler: (request) => route.handler(request).then(() => new Promise<never>(() => {})) };
    http = await startTestHttp({ routes: [stuck], clock });
    const failed = expect(http.call('GET', '/wait')).rejects.toThrow();
    await entered.promise;
    const stopped = http.server.stop(5000);
    await clock.advance(5000);
    await stopped;
    await failed;
  });
});

test('a handler learns that its client went away', async () => {
  const { route, entered } = waiting();
  http = await startTestHttp({ routes: [route] });
  const socket = await open(http);
  socket.write(request);
  const signal = await entered.promise;
  const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
  socket.destroy();
  await aborted;
});

describe('an upgrade', () => {
  const upgrade = (url: string, to = 'websocket'): Promise<IncomingMessage | { socket: Socket }> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(url, { agent: false, headers: { connection: 'Upgrade', upgrade: to } });
      request
        .on('response', resolve)
        .on('upgrade', (_response, socket: Socket) => resolve({ socket }))
        .on('error', reject)
        .end();
    });

  test('reaches the handler of its path; elsewhere, and to another protocol, it is an ordinary request', async () => {
    const server = createHttpServer({ host: '127.0.0.1', port: 0, tls: null, clock: systemClock });
    server.onRequest((_request, response) => void response.writeHead(204, { connection: 'close' }).end());
    server.onUpgrade(
      '/agent/v1/connect',
      (_request, socket) =>
        void socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    );
    const { url } = await server.listen();
    try {
      expect(await upgrade(`${url}/other`)).toMatchObject({ statusCode: 204 });
      expect(await upgrade(`${url}/agent/v1/connect`, 'h2c')).toMatchObject({ statusCode: 204 });
      const { socket } = (await upgrade(`${url}/agent/v1/connect?x=1`)) as { socket: Socket };
      const closed = once(socket, 'close');
      socket.on('error', () => {});
      // what the handler has not closed is cut at the end
      await server.stop(0);
      await closed;
    } finally {
      await server.stop(0);
    }
  });
});

describe('what is no HTTP request', () => {
  const answerTo = async (bytes: string): Promise<{ status: string; headers: string; problem: unknown }> => {
    http = await startTestHttp();
    const socket = await open(http);
    socket.write(bytes);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    const [status = '', ...headers] = head.split('\r\n');
    return { status, headers: headers.join('\n'), problem: JSON.parse(body) };
  };

  test.each([
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00', 400, 'request_malformed'],
    ['an unknown method', 'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'request_malformed'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}', 400, 'request_malformed'],
    [
      'a length beside chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'request_malformed',
    ],
    ['a flood of headers', `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(3000)}\r\n`, 431, 'headers_too_large'],
    ['an endless URL', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers_too_large'],
  ])('%s is answered with a problem, and the connection ends', async (_what, bytes, status, code) => {
    const answer = await answerTo(bytes);
    expect(answer.status).toMatch(new RegExp(`^HTTP/1.1 ${status} \\w`));
    expect(answer.headers).toContain('content-type: application/problem+json');
    expect(answer.headers).toContain("content-security-policy: default-src 'self'");
    expect(answer.headers).toContain('connection: close');
    expect(answer.problem).toMatchObject({ status, code });
  });

  test('an expectation that nobody knows is passed over', async () => {
    http = await startTestHttp();
    const socket = await open(http);
    socket.write('GET /nothing HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 404 .*"code":"not_found"/s);
  });

  test('cuts off the connection when an answer is under way on it', async () => {
    const { route, entered } = waiting();
    http = await startTestHttp({ routes: [route] });
    const socket = await open(http);
    socket.write(request);
    await entered.promise;
    socket.write('BREW /pot HTTP/1.1\r\n\r\n');
    expect(await text(socket).catch(() => '')).toBe('');
  });
});

describe('with a certificate and a key', () => {
  let server: HttpServer;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
    execFileSync('openssl', ['req', '-x509', ...key, '-subj', '/CN=localhost', '-days', '1', '-out', certFile], {
      stdio: 'ignore',
    });
    server = createHttpServer({ host: '127.0.0.1', port: 0, tls: { certFile, keyFile }, clock: systemClock });
  });
  afterEach(async () => {
    await server.stop(0);
    rmSync(folder, { recursive: true });
  });

  test('it speaks TLS', async () => {
    server.onRequest((_request, response) => void response.end('safe'));
    const { url } = await server.listen();
    expect(url).toMatch(/^https:/);
    const text = await new Promise((resolve, reject) => {
      httpsRequest(url, { rejectUnauthorized: false, agent: false }, (response) =>
        response.on('data', (data: Buffer) => resolve(data.toString())),
      )
        .on('error', reject)
        .end();
    });
    expect(text).toBe('safe');
  });

  test('it stops although somebody holds a connection and says nothing, or not enough, and goes on when one ends or is cut before its first word', async () => {
    server.onRequest((_request, response) => void response.end('safe'));
    const { port } = await server.listen();
    const [held, half] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all([once(held, 'connect'), once(half, 'connect')]);
    // the head of a record, and no more: TLS has begun for the server by the time that the client after it is answered
    half.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const guest = connect(port, '127.0.0.1').resume();
      await once(guest, 'connect');
      guest[leave]();
      await once(guest, 'close');
    }
    const client = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
    client.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(await text(client)).toContain('safe');
    const closed = [held, half].map((socket) => text(socket).catch(() => ''));
    await server.stop(0);
    await Promise.all(closed);
  });

  test('a large body is read to its end, although the large answer before it is not quite sent', async () => {
    server.onRequest((request, response) => {
      if (request.method === 'GET') return void response.end('x'.repeat(200_000));
      let size = 0;
      request.on('data', ({ length }: Buffer) => {
        size += length;
      });
      request.on('end', () => response.end(`${size} bytes came`));
    });
    const { port } = await server.listen();
    const client = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
    const body = 'y'.repeat(100_000);
    const post = `POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    client.write(`GET / HTTP/1.1\r\nhost: x\r\n\r\n${post}`);
    let text = '';
    for await (const part of client.setEncoding('utf8')) text += part;
    expect(text.slice(200_000)).toContain('100000 bytes came');
  });
});

test('a certificate that is none is told of by the setting at fault', () => {
  const start = (certFile: string, keyFile: string) => () =>
    createHttpServer({ host: '127.0.0.1', port: 0, tls: { certFile, keyFile }, clock: systemClock });
  expect(start('/nowhere/cert.pem', '/nowhere/key.pem')).toThrow(/^MUSTER_TLS_CERT cannot be read: .*ENOENT/);
  expect(start(import.meta.filename, '/nowhere/key.pem')).toThrow(/^MUSTER_TLS_KEY cannot be read: .*ENOENT/);
  expect(start(import.meta.filename, import.meta.filename)).toThrow(/^MUSTER_TLS_CERT .* are no certificate and its key/);
});
