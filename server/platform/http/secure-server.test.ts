import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createCertificate } from '../../../tests/support/certificate.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { createSecureServer, type SecureServer } from './secure-server.ts';

/** Told as soon as the server's half of a handshake was computed. */
const isHandshake = (line: Buffer): boolean => String(line).startsWith('SERVER_HANDSHAKE');

let folder: string;
let secure: SecureServer;
let handshakes: number;
const guests: Socket[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'muster-tls-'));
  handshakes = 0;
  const { cert, key } = createCertificate(folder);
  // each handshake takes as long as a turn has for them
  secure = createSecureServer({}, { certFile: cert, keyFile: key }, { monotonic: () => handshakes * 10 });
  secure.server.on('keylog', (line: Buffer) => {
    if (isHandshake(line)) handshakes += 1;
  });
  secure.server.listen(0, '127.0.0.1');
  await once(secure.server, 'listening');
});
afterEach(() => {
  for (const guest of guests.splice(0)) guest.destroy();
  secure.server.close();
  secure.closeAll();
  rmSync(folder, { recursive: true });
});

/** A connection on which nothing was said yet. */
async function open(): Promise<Socket> {
  const guest = connect((secure.server.address() as AddressInfo).port, '127.0.0.1');
  guests.push(guest.on('error', () => undefined).resume());
  await once(guest, 'connect');
  return guest;
}

/** Closed, in whatever way. */
const gone = (guest: Socket): Promise<void> => new Promise((resolve) => guest.once('close', () => resolve()));

/** What a client says first. */
async function firstWords(): Promise<Buffer> {
  const said = Promise.withResolvers<Buffer>();
  const wire = new Duplex({
    read: () => undefined,
    write(words: Buffer, _encoding, done) {
      said.resolve(words);
      done();
    },
  });
  const client = connectTls({ socket: wire }).on('error', () => undefined);
  const words = await said.promise;
  client.destroy();
  return words;
}

test('of those that come at once, as many begin in a turn of the event loop as it has time for', async () => {
  const words = await firstWords();
  let accepted = 0;
  secure.server.on('connection', () => {
    accepted += 1;
  });
  const all = await Promise.all(Array.from({ length: 8 }, open));
  await eventually('the server listens to all', () => accepted === all.length);
  let turn = 0;
  const begunIn: number[] = [];
  secure.server.on('keylog', (line: Buffer) => {
    if (isHandshake(line)) begunIn.push(turn);
  });
  const nextTurn = (): void => {
    turn += 1;
    immediate = setImmediate(nextTurn);
  };
  let immediate = setImmediate(nextTurn);
  for (const guest of all) guest.write(words);
  await eventually('all have begun', () => begunIn.length === all.length);
  clearImmediate(immediate);
  expect(new Set(begunIn).size).toBe(all.length);
});

test('who leaves after the first words is let go', async () => {
  const words = await firstWords();
  for (const leave of ['end', 'resetAndDestroy'] as const) {
    const guest = await open();
    const left = gone(guest);
    guest.write(words);
    guest[leave]();
    await left;
  }
  await eventually('none is held', async () => {
    const held = Promise.withResolvers<number>();
    secure.server.getConnections((_error, count) => held.resolve(count));
    return (await held.promise) === 0;
  });
});

test('what is no TLS is cut off', async () => {
  const guest = await open();
  let answer = '';
  guest.on('data', (data) => {
    answer += String(data);
  });
  guest.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await gone(guest);
  expect(answer).not.toContain('HTTP');
});

test('a close reaches those that say nothing, those that wait, and those that are half way through the handshake', async () => {
  const words = await firstWords();
  const silent = await open();
  const waiting = await open();
  const half = await open();
  half.write(words);
  await eventually('it has begun', () => handshakes === 1);
  const hello = await open();
  hello.write(words.subarray(0, 20));
  waiting.write(words);
  const ends = [silent, waiting, half, hello].map(gone);
  const closed = once(secure.server, 'close');
  secure.server.close();
  secure.closeWaiting();
  await ends[0];
  secure.closeAll();
  await Promise.all([...ends, closed]);
});
