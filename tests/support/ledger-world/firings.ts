import { sql } from 'kysely';
import { parsePolicy } from '../../../server/features/tasks/policy-text.ts';
import { splayMs } from '../../../server/features/tasks/splay.ts';
import type { Database } from '../../../server/schema/schema.ts';
import type { ExecutionsTable, RunsTable } from '../../../server/schema/tables/tasks.tables.ts';
import { must, type Snapshot } from './rows.ts';

/** What must hold of tasks that fire by themselves. */

/** A watch in the database itself: each time at which a task was to fire, and what came in its place. */
export async function watchFirings(db: Database): Promise<void> {
  await db.write(async (writer) => {
    await sql`CREATE TABLE seen_firings (task_id TEXT, due INTEGER, next INTEGER, every INTEGER, changed_at INTEGER)`.execute(
      writer,
    );
    await sql`CREATE TRIGGER see_firings AFTER UPDATE OF next_fire_at ON tasks
      WHEN OLD.next_fire_at IS NOT NULL AND NEW.next_fire_at IS NOT OLD.next_fire_at BEGIN
      INSERT INTO seen_firings VALUES (NEW.id, OLD.next_fire_at, NEW.next_fire_at, NEW.every_seconds * 1000,
        CASE WHEN NEW.version <> OLD.version OR NEW.status <> OLD.status OR NEW.deleted_at IS NOT NULL THEN NEW.updated_at END);
      END`.execute(writer);
  });
}

export const forgetFirings = (db: Database): Promise<unknown> =>
  db.write((writer) => sql`DELETE FROM seen_firings`.execute(writer));

type SeenFiring = {
  number: number;
  task_id: string;
  due: number;
  next: number | null;
  every: number;
  /** when somebody edited, paused or removed it; null: it fired */
  changed_at: number | null;
};

/** Every firing leaves a row, which tells of all that it stands for. @returns how far it has looked */
export async function checkFirings(db: Database, after: number, { runs, executions }: Snapshot): Promise<number> {
  const { rows } = await sql<SeenFiring>`SELECT rowid AS number, * FROM seen_firings WHERE rowid > ${after}`.execute(db.read);
  for (const { task_id: id, due, next, every, changed_at: changedAt } of rows) {
    if (changedAt !== null && due > changedAt) continue;
    const made = runs.filter((run) => run.task_id === id && run.fired_at === due && isFiring(run));
    must(made.length === 1, `the firing of ${id} at ${due} left ${made.length} runs`);
    if (changedAt !== null || next === null) continue;
    const row = executions.find(({ run_id }) => run_id === made[0]?.id);
    const told = row?.reason === 'misfired' ? Number(/^(\d+) firings?/.exec(row.reason_text ?? '')?.[1]) : 1;
    must(next - due === told * every, `${(next - due) / every} firings of ${id} from ${due} on left a row that tells of ${told}`);
  }
  const tasks = await db.read.selectFrom('tasks').select(['id', 'status', 'next_fire_at']).execute();
  for (const { id, status, next_fire_at: next } of tasks)
    must((status === 'active') === (next !== null), `${id} is ${status}, and fires next at ${next}`);
  return rows.at(-1)?.number ?? after;
}

const isFiring = ({ trigger }: RunsTable): boolean => trigger === 'interval' || trigger === 'schedule';

/** No two runs of a task are under way at a time, unless its firings may run beside each other; and at most one waits. */
export function checkOverlap({ runs, executions }: Snapshot): void {
  const openOf = (run: RunsTable): ExecutionsTable[] => executions.filter(({ run_id, open }) => run_id === run.id && open === 1);
  const active = runs.filter(({ state }) => state === 'active');
  const waiting = new Set<string>();
  for (const run of active) {
    const rows = openOf(run);
    const inLine = rows.filter(({ reason }) => reason === 'run_before');
    const before = active.find(({ task_id, id }) => task_id === run.task_id && id < run.id);
    if (inLine.length > 0) {
      must(inLine.length === rows.length, `${inLine.length} of ${rows.length} rows of ${run.id} wait for the run before it`);
      must(before !== undefined, `${run.id} waits for a run before it, and there is none`);
      must(!waiting.has(run.task_id), `${run.id} waits beside another run of its task`);
      waiting.add(run.task_id);
    } else if (isFiring(run) && parsePolicy(run.policy).overlap !== 'parallel')
      must(before === undefined, `${run.id} is under way, and so is ${before?.id} of the same task`);
  }
}

/** No host begins before its place in the time over which a firing is spread. */
export function checkSplay({ runs, executions }: Snapshot): void {
  const spread = new Map(runs.filter(isFiring).map((run): [string, number] => [run.id, parsePolicy(run.policy).splaySeconds]));
  for (const { id, task_id, run_id, target, agent_id, attempt, offered_at, created_at } of executions) {
    if (attempt !== 1 || offered_at === null) continue;
    const place = splayMs(task_id, target === 'anyone' ? null : agent_id, spread.get(run_id) ?? 0);
    must(offered_at >= created_at + place, `${id} went ${created_at + place - offered_at} ms before its place`);
  }
}
