import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { checkDatabase } from '../../server/check/check-database.ts';
import { migrations } from '../../server/schema/migrations/all.ts';
import { createRandom } from './random.ts';
import { runSizes } from './run-sizes.ts';
import { type Seeded, seedLedger } from './seed.ts';

const now = Date.UTC(2026, 5, 1, 12);
let folder: string;
let seeded: Seeded;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-seed-'));
  seeded = await seedLedger({ dataDir: join(folder, 'data'), scale: 0.005, now, say: () => undefined });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a seeded ledger obeys every rule of the ledger', () => {
  const findings = [...checkDatabase({ dataDir: join(folder, 'data'), migrations, depth: 'deep', now })];
  expect(findings.length).toBeGreaterThan(8);
  expect(findings.filter(({ level, what }) => level !== 'ok' && what !== 'backup')).toEqual([]);
});

test('it has as much in it as was asked for, spread over sixty days, in every state', () => {
  expect(seeded).toMatchObject({ agents: 50, runs: 500, executions: 5000 });
  const database = new SqliteDatabase(join(folder, 'data', 'muster.db'), { readonly: true });
  const one = (sql: string): number => database.prepare<[], number>(sql).pluck().get() ?? 0;
  expect(one('SELECT max(total) FROM runs')).toBe(50);
  expect(one('SELECT count(*) FROM log_chunks')).toBeGreaterThan(4500);
  expect(one('SELECT max(fired_at) - min(fired_at) FROM runs')).toBeGreaterThan(58 * 86_400_000);
  expect(one('SELECT count(DISTINCT state) FROM executions')).toBeGreaterThan(6);
  expect(one("SELECT count(*) FROM runs WHERE state = 'active'")).toBeGreaterThan(0);
  expect(one('SELECT count(*) FROM throughput')).toBeGreaterThan(0);
  database.close();
});

test('runs are of many sizes that add up exactly', () => {
  const sizes = runSizes(1000, 10_000, 100, createRandom(1));
  expect([sizes.length, sizes.reduce((sum, size) => sum + size, 0), Math.max(...sizes)]).toEqual([1000, 10_000, 100]);
});
