import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { WebSocketServer } from 'ws';
import { createCertificate } from '../../tests/support/certificate.ts';
import { createFakeClock } from '../../tests/support/clock.ts';
import { type Connection, createConnection } from './connection.ts';
import { trustAuthority } from './trust.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const message = { type: 'accept', execution: 'exe_1', attempt: 1 } as const;

/** What an agent sends first, as the bytes come out of the connection. */
async function firstBytes(server: Server, scheme: 'http' | 'https'): Promise<Buffer> {
  const sockets = new WebSocketServer({ noServer: true });
  const heard = new Promise<Buffer>((resolve) => {
    server.on('upgrade', (request, socket: Duplex, head) => {
      const pieces: Buffer[] = [];
      // before the WebSocket takes off the mask where the bytes lie
      socket.on('data', (piece: Buffer) => pieces.push(Buffer.from(piece)));
      sockets.handleUpgrade(request, socket, head, (ws) => {
        ws.once('message', (data) => {
          expect(JSON.parse(String(data))).toEqual(message);
          resolve(Buffer.concat(pieces));
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(() => new Promise((resolve) => server.close(resolve)));
  const connection: Connection = createConnection({
    serverUrl: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    openSession(link) {
      link.send(message);
      return { message: () => {}, closed: () => {} };
    },
    onOver: () => {},
    clock: createFakeClock(),
    random: () => 0.5,
    log: pino({ level: 'silent' }),
  });
  undo.push(() => connection.stop());
  connection.start();
  return heard;
}

it('frames are masked where others may read along', async () => {
  const bytes = await firstBytes(createPlainServer(), 'http');
  expect(bytes.includes('"accept"')).toBe(false);
});

it('frames inside of TLS are as they are, under a mask of zeros', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-mask-'));
  const authorities = getCACertificates('default');
  undo.push(() => rmSync(folder, { recursive: true }));
  undo.push(() => setDefaultCACertificates(authorities));
  const { cert, key } = createCertificate(folder);
  trustAuthority(cert);
  const server = createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) });
  const bytes = await firstBytes(server, 'https');
  const length = JSON.stringify(message).length;
  expect(length).toBeLessThan(126);
  expect(bytes.subarray(0, 6)).toEqual(Buffer.from([0x81, 0x80 | length, 0, 0, 0, 0]));
  expect(bytes.includes(JSON.stringify(message))).toBe(true);
});
