import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { WebSocket } from 'ws';
import type { Cleanups } from './cleanups.ts';
import { type Rate, rateOf, type Samples, timesOf } from './timing.ts';

/**
 * What this machine could do at best, with nothing of Muster in between. Everything else is said in shares of these, so that a slow
 * machine or a loud neighbour makes both smaller.
 */
export type Floors = {
  /** JSON messages there and back over a WebSocket, between two processes */
  readonly echo: Rate;
  /** one of them at a time */
  readonly echoTimes: Samples;
  /** rows of 300 bytes into SQLite, 100 per transaction, durable */
  readonly insert: Rate;
  /** one row in a durable transaction of its own */
  readonly commitTimes: Samples;
  /** `/bin/true`, one after the other */
  readonly spawn: Rate;
  /** resident bytes of a Node that does nothing */
  readonly bareNodeBytes: number;
};

export async function measureFloors(folder: string, seconds: number, cleanups: Cleanups): Promise<Floors> {
  const ms = seconds * 1000;
  return {
    ...(await measureEcho(ms, cleanups)),
    ...(await measureInsert(folder, ms)),
    spawn: await rateOf(ms, 1, async () => {
      await once(spawn('/bin/true', { stdio: 'ignore' }), 'exit');
    }),
    bareNodeBytes: await measureBareNode(cleanups),
  };
}

/** About the size of an offer. */
const message = JSON.stringify({ type: 'echo', id: 1, text: 'x'.repeat(200) });
const echoesUnderWay = 64;

async function measureEcho(ms: number, cleanups: Cleanups): Promise<Pick<Floors, 'echo' | 'echoTimes'>> {
  const server = spawn(process.execPath, [join(import.meta.dirname, 'echo-server.ts')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = cleanups.add(() => void server.kill('SIGKILL'));
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  const socket = new WebSocket(`ws://127.0.0.1:${String(port).trim()}`, { perMessageDeflate: false });
  await once(socket, 'open');
  const waiting: (() => void)[] = [];
  socket.on('message', (data) => {
    JSON.parse(String(data));
    waiting.shift()?.();
  });
  const echo = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      socket.send(JSON.stringify(JSON.parse(message)));
    });
  await rateOf(ms / 4, echoesUnderWay, echo);
  const answer = { echo: await rateOf(ms, echoesUnderWay, echo), echoTimes: await timesOf(ms / 4, echo) };
  socket.terminate();
  await end();
  return answer;
}

const rowsPerTransaction = 100;

async function measureInsert(folder: string, ms: number): Promise<Pick<Floors, 'insert' | 'commitTimes'>> {
  const path = join(folder, 'floor.db');
  const db = new SqliteDatabase(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE floor (id INTEGER PRIMARY KEY, text TEXT NOT NULL)');
  const insert = db.prepare('INSERT INTO floor (text) VALUES (?)');
  const row = 'x'.repeat(300);
  const group = db.transaction(() => {
    for (let i = 0; i < rowsPerTransaction; i += 1) insert.run(row);
  });
  const answer = {
    insert: await rateOf(ms, 1, async () => {
      group();
      return rowsPerTransaction;
    }),
    commitTimes: await timesOf(ms / 4, () => insert.run(row)),
  };
  db.close();
  for (const ending of ['', '-wal', '-shm']) await rm(path + ending, { force: true });
  return answer;
}

async function measureBareNode(cleanups: Cleanups): Promise<number> {
  const script = 'setTimeout(() => console.log(process.memoryUsage.rss()), 300); setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = cleanups.add(() => void child.kill('SIGKILL'));
  const [bytes] = (await once(child.stdout, 'data')) as [Buffer];
  await end();
  return Number(String(bytes));
}
