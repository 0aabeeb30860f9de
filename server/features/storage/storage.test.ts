import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CompiledQuery } from 'kysely';
import { resolveSettings } from '../../../shared/settings.ts';
import { serverSettings } from '../../../shared/settings-server.ts';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { type ServerInProcess, startServerInProcess } from '../../../tests/support/server-in-process.ts';
import { createVisitor } from '../../../tests/support/visitor.ts';
import { createDialect } from '../../platform/db/sqlite/dialect.ts';
import { queryPlan } from '../../platform/db/sqlite/query-plan.ts';
import type { Reader, Tables } from '../../schema/schema.ts';
import { settingRow } from './setting-rows.ts';
import { firstAuditEntry, firstLogEnd, firstMetrics, firstRunEnd, someChunks, someMetrics } from './storage.store.ts';

test('a setting is told in the words of its declaration, with what its value means', () => {
  const { values } = resolveSettings(serverSettings, {
    flags: {},
    env: { MUSTER_KEEP_LOGS_DAYS: '0', MUSTER_KEEP_AUDIT_DAYS: '1', MUSTER_ARTIFACT_BYTES: '2097152' },
  });
  expect(settingRow(values, 'keepLogsDays')).toEqual({
    env: 'MUSTER_KEEP_LOGS_DAYS',
    help: serverSettings.keepLogsDays.help,
    value: 'as long as the run',
    isDefault: false,
  });
  expect(settingRow(values, 'keepAuditDays').value).toBe('1 day');
  expect(settingRow(values, 'artifactBytes').value).toBe('2.0 MiB');
  expect(settingRow(values, 'keepRunsDays')).toMatchObject({ value: '90 days', isDefault: true });
  expect(settingRow(values, 'keepRunsCount').value).toBe('1,000,000');
});

describe('the figures', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.dispose());

  test.each<[string, (db: Reader) => Promise<unknown>]>([
    ['the first run', firstRunEnd],
    ['the first log', firstLogEnd],
    ['the first entry of the audit', firstAuditEntry],
    ['the newest logs', (db) => someChunks(db, 'newest', 10)],
    ['the oldest logs', (db) => someChunks(db, 'oldest', 10)],
    ['the first metrics', (db) => firstMetrics(db, 60)],
    ['some metrics', (db) => someMetrics(db, 60, 10)],
  ])('%s: found at one end of an index', async (_what, call) => {
    const asked: CompiledQuery[] = [];
    await call(recorderOf(asked));
    const [query] = asked as [CompiledQuery];
    const plan = await queryPlan(database.db.read, { compile: () => query });
    expect(plan.filter((step) => step.includes('TEMP B-TREE') || !step.includes('INDEX'))).toEqual([]);
  });

  /** A database that answers nothing, and notes what it is asked. */
  const recorderOf = (asked: CompiledQuery[]): Reader =>
    createDialect().reader<Tables>({
      async executeQuery(query: CompiledQuery) {
        asked.push(query);
        return { rows: [] };
      },
      // biome-ignore lint/correctness/useYield: the interface wants a generator
      async *streamQuery() {
        throw new Error('nothing is streamed');
      },
    });
});

describe('the page', () => {
  let server: ServerInProcess;
  beforeAll(async () => {
    server = await startServerInProcess({ 'noop.js': 'export const main = () => null;\n' }, { MUSTER_KEEP_RUNS_DAYS: '14' });
  });
  afterAll(() => server.stop());

  test('tells what is kept how long, how much there is, and where each is set', async () => {
    await server.api.createTask({ owner: 'ALL', plugin: 'noop' });
    const visitor = createVisitor(server.url);
    await visitor.open(server.running.signInUrl);
    const { status, html } = await visitor.open('/settings/retention');
    expect(status).toBe(200);
    const text = html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
    expect(text).toContain('about 1 run, 1 execution');
    expect(text).toMatch(/14 days Days that runs are kept .* MUSTER_KEEP_RUNS_DAYS set/);
    expect(text).toMatch(/MUSTER_MAX_QUEUED_PER_AGENT default/);
    expect(text).not.toContain(server.folder);
  });
});
