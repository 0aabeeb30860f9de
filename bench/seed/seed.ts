import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { migrate } from '../../server/platform/db/migrate.ts';
import { openDatabase } from '../../server/platform/db/open.ts';
import { migrations } from '../../server/schema/migrations/all.ts';
import type { Tables } from '../../server/schema/schema.ts';
import { idGenerator } from '../../shared/ids.ts';
import { type SeededHost, seedHosts } from './hosts.ts';
import { createInserts } from './inserts.ts';
import { createRandom, type Random } from './random.ts';
import { addRun } from './run-rows.ts';
import { runSizes } from './run-sizes.ts';
import { type SeededTask, seedAdhoc, seedSchedules } from './tasks.ts';

export type SeedOptions = {
  /** where no server has worked yet */
  readonly dataDir: string;
  /** 1: ten thousand hosts, a hundred thousand runs, a million executions and about as many pieces of output */
  readonly scale: number;
  /** default: as many as the scale says */
  readonly hosts?: number;
  /** nothing fires and nothing waits: whoever measures with it adds all the work there is */
  readonly isOver?: boolean;
  readonly now: number;
  readonly say: (line: string) => void;
};

export type Seeded = { readonly agents: number; readonly tasks: number; readonly runs: number; readonly executions: number };

const paused = { status: 'paused', next_fire_at: null } as const;
const dayMs = 86_400_000;
const historyDays = 60;
const minuteMs = 60_000;

/** Fills a data folder with the history of a fleet: through the schema of the migrations, by the rules that the ledger keeps. */
export async function seedLedger({ dataDir, scale, hosts, isOver = false, now, say }: SeedOptions): Promise<Seeded> {
  const port = await openDatabase<Tables>({ dataDir });
  await migrate(port, migrations, () => now - historyDays * dayMs);
  await port.close();

  const database = new SqliteDatabase(join(dataDir, 'muster.db'));
  try {
    // who loses this file makes it again
    database.pragma('synchronous = OFF');
    database.pragma('cache_size = -400000');
    const seeded = fill(database, { scale, hosts: hosts ?? scaled(10_000, scale), isOver, now, say });
    say('the last hour');
    countThroughput(database, now);
    database.pragma('wal_checkpoint(TRUNCATE)');
    return seeded;
  } finally {
    database.close();
  }
}

function fill(
  database: SqliteDatabase.Database,
  { scale, hosts: hostCount, isOver, now, say }: Required<Omit<SeedOptions, 'dataDir'>>,
): Seeded {
  const random = createRandom(5);
  const inserts = createInserts(database);
  let time = now - historyDays * dayMs;
  const newId = idGenerator(() => time, random.bytes);
  const own = { random, newId, now };

  const hosts = seedHosts(hostCount, own);
  for (const { row } of hosts) inserts.add('agents', row);
  const tasks: SeededTask[] = seedSchedules(Math.max(10, scaled(300, scale)), own);
  const byRole = Map.groupBy(hosts, ({ role }) => role);
  const sizes = runSizes(scaled(100_000, scale), scaled(1_000_000, scale), hosts.length, random);
  const schedules = { one: tasks.filter(({ reach }) => reach === 'one'), more: tasks.filter(({ reach }) => reach !== 'one') };
  const lastRuns = new Map<string, string>();
  let executions = 0;

  for (const [index, size] of sizes.entries()) {
    // more of it lies in the last days than at the beginning, and nothing in the last two minutes
    const at = Math.round(now - 2 * minuteMs - ((sizes.length - 1 - index) / sizes.length) ** 1.3 * historyDays * dayMs);
    time = at;
    const task = taskOf(size, at);
    const chosen = hostsFor(task, size, hosts, byRole, random);
    const runId = addRun({ task, hosts: chosen, at, open: !isOver && index >= sizes.length - 2 }, { inserts, newId, random });
    lastRuns.set(task.row.id, runId);
    executions += chosen.length;
    if (index % 10_000 === 0) say(`runs: ${index.toLocaleString('en')} of ${sizes.length.toLocaleString('en')}`);
  }
  for (const { row } of tasks) {
    const rest = isOver && row.status === 'active' ? paused : {};
    inserts.add('tasks', { ...row, ...rest, last_run_id: lastRuns.get(row.id) ?? null });
  }
  for (let entry = 0; entry < scaled(20_000, scale); entry += 1) {
    const at = now - (scaled(20_000, scale) - entry) * 60_000;
    inserts.add('audit', {
      id: newId('audit'), at, actor: 'admin', action: 'task.created', subject: random.pick(tasks).row.id, detail: '{}', address: '127.0.0.1',
    }); // biome-ignore format: a row
  }
  inserts.commit();
  return { agents: hosts.length, tasks: tasks.length, runs: sizes.length, executions };

  function taskOf(size: number, at: number): SeededTask {
    if (size < hosts.length && random.next() < 0.35) {
      const task = seedAdhoc({ random, newId, at });
      tasks.push(task);
      return task;
    }
    return random.pick(size === 1 ? schedules.one : schedules.more);
  }
}

/** Hosts that lie beside each other, of the role that the task is about while there are enough of it. */
function hostsFor(
  { role }: SeededTask,
  size: number,
  all: readonly SeededHost[],
  byRole: ReadonlyMap<string, readonly SeededHost[]>,
  random: Random,
): readonly SeededHost[] {
  const ofRole = role === null ? all : (byRole.get(role) ?? all);
  const pool = ofRole.length >= size ? ofRole : all;
  const from = random.between(0, pool.length - size);
  return pool.slice(from, from + size);
}

/** What the overview draws of the last hour. */
function countThroughput(database: SqliteDatabase.Database, now: number): void {
  database
    .prepare(
      `INSERT INTO throughput (minute, succeeded, failed, other)
       SELECT finished_at / ${minuteMs} * ${minuteMs} AS minute, sum(state = 'succeeded'),
         sum(state IN ('failed', 'timed_out', 'rejected', 'lost')), sum(state IN ('cancelled', 'expired', 'skipped'))
       FROM executions WHERE finished_at > ? AND finished_at <= ? GROUP BY 1`,
    )
    .run(now - 60 * minuteMs, now);
}

const scaled = (count: number, scale: number): number => Math.max(1, Math.round(count * scale));
