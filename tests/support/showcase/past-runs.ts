import type SqliteDatabase from 'better-sqlite3';
import { createInserts } from '../../../bench/seed/inserts.ts';
import { createRandom } from '../../../bench/seed/random.ts';
import { addRun } from '../../../bench/seed/run-rows.ts';
import type { AgentsTable } from '../../../server/schema/tables/agents.tables.ts';
import type { TasksTable } from '../../../server/schema/tables/tasks.tables.ts';
import { idGenerator } from '../../../shared/ids.ts';
import type { ShownSchedule } from './schedules.ts';

const minuteMs = 60_000;

/** Writes the runs that the schedules would have had, by the rules of the ledger, and what the overview counts of the last hour. */
export function writePastRuns(database: SqliteDatabase.Database, schedules: readonly ShownSchedule[], now: number): void {
  const random = createRandom(7);
  let time = 0;
  const newId = idGenerator(() => time, random.bytes);
  const inserts = createInserts(database);
  const agents = database.prepare('SELECT * FROM agents ORDER BY name').all() as AgentsTable[];
  const hosts = agents.map((row) => ({ row, role: row.name.split('-')[0] as string }));
  const tasks = new Map((database.prepare('SELECT * FROM tasks').all() as TasksTable[]).map((row) => [row.name, row]));

  const due = schedules
    .flatMap(({ draft, role, past }) =>
      Array.from({ length: past.runs }, (_, index) => ({
        row: tasks.get(String(draft.name)) as TasksTable,
        role,
        hosts: past.hosts,
        at: Math.floor((now - 2 * minuteMs) / (past.every * 1000)) * past.every * 1000 - index * past.every * 1000,
      })),
    )
    .sort((a, b) => a.at - b.at);

  const lastRuns = new Map<string, string>();
  for (const { row, role, hosts: most, at } of due) {
    time = at;
    const pool = hosts.filter((host) => role === null || host.role === role);
    const chosen = most === 1 ? [random.pick(pool)] : pool.slice(0, most);
    const task = { row, role, reach: 'some' as const };
    lastRuns.set(row.id, addRun({ task, hosts: chosen, at, open: false }, { inserts, newId, random }));
  }
  inserts.commit();
  for (const [taskId, runId] of lastRuns)
    database
      .prepare('UPDATE tasks SET last_run_id = ?, created_at = ?, updated_at = ? WHERE id = ?')
      .run(runId, (due[0]?.at ?? now) - minuteMs, (due[0]?.at ?? now) - minuteMs, taskId);
  countThroughput(database, now);
}

function countThroughput(database: SqliteDatabase.Database, now: number): void {
  database
    .prepare(
      `INSERT OR REPLACE INTO throughput (minute, succeeded, failed, other)
       SELECT finished_at / ${minuteMs} * ${minuteMs} AS minute, sum(state = 'succeeded'),
         sum(state IN ('failed', 'timed_out', 'rejected', 'lost')), sum(state IN ('cancelled', 'expired', 'skipped'))
       FROM executions WHERE finished_at > ? AND finished_at <= ? GROUP BY 1`,
    )
    .run(now - 60 * minuteMs, now);
}
