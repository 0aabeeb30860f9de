import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { startTestHttp, type TestHttp } from '../../../tests/support/http.ts';
import { systemClock } from '../clock.ts';
import { createHttpServer } from './http-server.ts';
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
  const upgrade = (url: string): Promise<IncomingMessage | { socket: Socket }> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(url, { headers: { connection: 'Upgrade', upgrade: 'websocket' } });
      request
        .on('response', resolve)
        .on('upgrade', (_response, socket: Socket) => resolve({ socket }))
        .on('error', reject)
        .end();
    });

  test('reaches the handler of its path, and no other path', async () => {
    const server = createHttpServer({ host: '127.0.0.1', port: 0, tls: null, clock: systemClock });
    server.onUpgrade(
      '/agent/v1/connect',
      (_request, socket) =>
        void socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    );
    const { url } = await server.listen();
    try {
      expect(await upgrade(`${url}/other`)).toMatchObject({ statusCode: 404 });
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

test('with a certificate and a key it speaks TLS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=localhost',
      '-days',
      '1',
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ],
    { stdio: 'ignore' },
  );
  const server = createHttpServer({ host: '127.0.0.1', port: 0, tls: { certFile, keyFile }, clock: systemClock });
  try {
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
  } finally {
    await server.stop(0);
    rmSync(folder, { recursive: true });
  }
});
