import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { ArtifactPiece } from '../../shared/api/artifacts.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { systemClock } from '../clock.ts';
import { type ArtifactOutbox, createArtifactOutbox } from './artifact-outbox.ts';

/** The far side: what it answers is up to the test. */
let server: Server;
let answer: (piece: ArtifactPiece) => { status?: number; next?: number; done?: boolean; refused?: string | null };
let seen: ArtifactPiece[];
let path: string;
let outbox: ArtifactOutbox;
const key = { execution: 'exe_1', attempt: 2 };

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'muster-outbox-'));
  seen = [];
  server = createServer((request, response) => {
    void text(request).then((sent) => {
      const piece = JSON.parse(sent) as ArtifactPiece;
      seen.push(piece);
      const { status = 200, ...body } = answer(piece);
      response.writeHead(status).end(JSON.stringify({ next: 0, done: false, refused: null, ...body }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  outbox = open();
});
afterEach(async () => {
  await outbox.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(path, { recursive: true });
});

const open = () => createArtifactOutbox({ path, clock: systemClock, log: pino({ level: 'silent' }) });
const connect = () => outbox.setAccess({ serverUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 't' });
function left(name: string, content: string): void {
  mkdirSync(outbox.folderOf(key), { recursive: true });
  writeFileSync(join(outbox.folderOf(key), name), content);
}
const takeAll = ({ bytes }: ArtifactPiece) => ({ next: bytes, done: true });

describe('files that an attempt left', () => {
  test('are sent when it has ended, and gone when the server has them', async () => {
    answer = takeAll;
    left('a.txt', 'hello');
    symlinkSync('/etc/passwd', join(outbox.folderOf(key), 'link'));
    symlinkSync('/etc', join(outbox.folderOf(key), 'folder'));
    connect();
    await outbox.settled(key);
    expect(seen).toMatchObject([{ ...key, name: 'a.txt', bytes: 5, offset: 0, base64: 'aGVsbG8=' }]);
    expect(readdirSync(path)).toEqual([]);
  });

  test('wait on disk for a connection, and for the next agent', async () => {
    answer = takeAll;
    left('a.txt', 'hello');
    void outbox.settled(key);
    await outbox.stop();
    expect(seen).toEqual([]);
    outbox = open();
    connect();
    await eventually('it is sent', () => seen.length === 1);
    await eventually('it is gone', () => readdirSync(path).length === 0);
  });

  test('go on where the server says, also after a failure', async () => {
    let calls = 0;
    answer = ({ offset, bytes }) => {
      calls += 1;
      if (calls === 2) return { status: 503 };
      return offset === 0 ? { next: 524_288 } : { next: bytes, done: true };
    };
    left('big', 'x'.repeat(600_000));
    connect();
    await outbox.settled(key);
    expect(seen.map(({ offset }) => offset)).toEqual([0, 524_288, 0, 524_288]);
  });

  test('that the server refuses are dropped', async () => {
    answer = ({ name }) =>
      name === 'a' ? { status: 422 } : name === 'b' ? { refused: 'too large', done: true } : { done: true };
    for (const name of ['a', 'b', 'c']) left(name, name);
    connect();
    await outbox.settled(key);
    expect(seen.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(readdirSync(path)).toEqual([]);
  });

  test('that became shorter while they were sent are told, and do not hold up the others', async () => {
    left('a', 'x'.repeat(600_000));
    left('b', 'b');
    answer = ({ name, offset, bytes, unreadable }) => {
      if (name === 'b' || unreadable !== undefined) return { next: bytes, done: true };
      truncateSync(join(outbox.folderOf(key), 'a'), 10);
      return { next: offset + 524_288 };
    };
    connect();
    await outbox.settled(key);
    expect(seen.map(({ name, offset, unreadable }) => [name, offset, unreadable])).toEqual([
      ['a', 0, undefined],
      ['a', 0, 'it became shorter while it was sent'],
      ['b', 0, undefined],
    ]);
  });

  test('that became links are not followed, and are told', async () => {
    left('a', 'mine');
    left('b', 'b');
    answer = ({ name, bytes }) => {
      if (name === 'a' && seen.length === 1) {
        rmSync(join(outbox.folderOf(key), 'b'));
        symlinkSync('/etc/passwd', join(outbox.folderOf(key), 'b'));
      }
      return { next: bytes, done: true };
    };
    connect();
    await outbox.settled(key);
    expect(seen).toMatchObject([{ name: 'a' }, { name: 'b', base64: '', unreadable: 'the agent cannot read it (ELOOP)' }]);
    expect(readdirSync(path)).toEqual([]);
  });

  test('are sent up to the first that is too many', async () => {
    answer = takeAll;
    for (let count = 0; count < 1005; count += 1) left(`f${count}`, '');
    connect();
    await outbox.settled(key);
    expect(seen).toHaveLength(1001);
    expect(readdirSync(path)).toEqual([]);
  });

  test('are called what they may be called', async () => {
    answer = takeAll;
    left('the hunter2 file', 'x');
    left('plain', 'x');
    connect();
    await outbox.settled(key, (name) => name.replace('hunter2', '***'));
    expect(seen.map(({ name }) => name)).toEqual(['plain', 'the ___ file']);
  });

  test('cost nothing when there are none', () => {
    expect(outbox.settled(key)).toBeUndefined();
    mkdirSync(outbox.folderOf(key));
    expect(outbox.settled(key)).toBeUndefined();
    expect(existsSync(outbox.folderOf(key))).toBe(false);
  });
});
