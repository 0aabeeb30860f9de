import type { Clock } from '../../platform/clock.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import {
  anyRunOf, deleteExecutions, deleteRun, deleteSpentTask, type Ended, executionsOfRun, forgetLastRun, markLogRemoved, oldestLog, oldestRuns, runBehind,
} from './retention.store.ts'; // biome-ignore format: a list

/**
 * Removes what is older than it has to be kept: logs first, then whole runs. Only what is final goes, oldest first, in units so small
 * that no other write waits for one, with a pause after each.
 *
 *   log ──> row of the execution ──> row of the run ──> task, if it was its last run and it fires no more
 *
 * In this order a crash anywhere leaves a run with less under it, which is still the oldest, and with which the next pass goes on.
 */
export type Retention = {
  /** @param signal ends it between two units */
  pass(signal: AbortSignal): Promise<Removed>;
};

export type Removed = { readonly logs: number; readonly executions: number; readonly runs: number; readonly tasks: number };

/** 0 stands for "for ever" */
export type RetentionLimits = { readonly keepRunsDays: number; readonly keepRunsCount: number; readonly keepLogsDays: number };

export type RetentionResources = {
  readonly db: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly limits: RetentionLimits;
  /** Removes a part of the log, from its start. @returns whether there may be more */
  readonly removeLogIn: (writer: Writer, executionId: string) => Promise<boolean>;
  /** between two units */
  readonly pause: () => Promise<void>;
};

const executionsPerUnit = 25;
const runsPerUnit = 25;
/** A longer log goes in units of its own. */
const smallLogBytes = 16 * 1024;

/** What one unit removes. `whole` are the runs of which no execution is left then. */
type Part = {
  readonly executions: readonly { readonly id: string; readonly log_bytes: number }[];
  readonly whole: readonly { readonly id: string; readonly task_id: string; readonly executions: readonly string[] }[];
};

const countedPerStep = 5000;
export const dayMs = 86_400_000;

export function createRetention({ db, clock, limits, removeLogIn, pause }: RetentionResources): Retention {
  const unit = async <T>(work: (writer: Writer) => Promise<T>): Promise<T> => {
    const result = await db.write(work);
    await pause();
    return result;
  };

  async function removeLogs(before: number, signal: AbortSignal): Promise<number> {
    let removed = 0;
    for (;;) {
      const found = signal.aborted ? undefined : await oldestLog(db.read, before);
      if (found === undefined) return removed;
      if (!(await removeLog(found.id, signal))) return removed;
      await unit((writer) => markLogRemoved(writer, found.id, clock.now()));
      removed += 1;
    }
  }

  /** @returns whether all of it is gone */
  async function removeLog(id: string, signal: AbortSignal): Promise<boolean> {
    while (await unit((writer) => removeLogIn(writer, id))) if (signal.aborted) return false;
    return true;
  }

  /** The time before which runs are one too many, or none. Walks the index of ends from the newest back, step by step. */
  async function endOfCount(signal: AbortSignal): Promise<number | undefined> {
    let at: Ended | undefined = { finished_at: Number.MAX_SAFE_INTEGER, id: '' };
    for (let left = limits.keepRunsCount; left > 0 && at !== undefined; left -= countedPerStep) {
      if (signal.aborted) return undefined;
      at = await runBehind(db.read, at, Math.min(left, countedPerStep));
      await pause();
    }
    return at?.finished_at;
  }

  /** As much of the oldest runs as fits into one unit: many small ones, or a part of a large one. */
  async function gather(before: number): Promise<Part> {
    const executions: Part['executions'][number][] = [];
    const whole: Part['whole'][number][] = [];
    for (const run of await oldestRuns(db.read, before, runsPerUnit)) {
      const room = executionsPerUnit - executions.length;
      const rows = await executionsOfRun(db.read, run.id, room + 1);
      executions.push(...rows.slice(0, room));
      if (rows.length > room) break;
      whole.push({ ...run, executions: rows.map(({ id }) => id) });
    }
    return { executions, whole };
  }

  /** @returns what was removed; undefined: there is nothing more, or it was told to stop */
  async function removePart(before: number, signal: AbortSignal): Promise<Omit<Removed, 'logs'> | undefined> {
    const { executions, whole } = await gather(before);
    if (executions.length + whole.length === 0) return undefined;
    for (const { id, log_bytes } of executions) if (log_bytes > smallLogBytes && !(await removeLog(id, signal))) return undefined;
    return unit(async (writer) => {
      const gone = new Set<string>();
      for (const { id } of executions) if (!(await removeLogIn(writer, id))) gone.add(id);
      if (gone.size > 0) await deleteExecutions(writer, [...gone]);
      let [runs, tasks] = [0, 0];
      for (const run of whole) {
        // a log of very many small pieces: the next unit goes on with it
        if (!run.executions.every((id) => gone.has(id))) continue;
        await deleteRun(writer, run.id);
        await forgetLastRun(writer, run.task_id, run.id);
        runs += 1;
        if ((await anyRunOf(writer, run.task_id)) === undefined && (await deleteSpentTask(writer, run.task_id))) tasks += 1;
      }
      return { executions: gone.size, runs, tasks };
    });
  }

  return {
    async pass(signal) {
      const now = clock.now();
      const { keepLogsDays, keepRunsDays, keepRunsCount } = limits;
      const logs = keepLogsDays === 0 ? 0 : await removeLogs(now - keepLogsDays * dayMs, signal);
      const byAge = keepRunsDays === 0 ? Number.NEGATIVE_INFINITY : now - keepRunsDays * dayMs;
      const byCount = keepRunsCount === 0 ? undefined : await endOfCount(signal);
      const before = Math.max(byAge, byCount ?? Number.NEGATIVE_INFINITY);
      let removed: Removed = { logs, executions: 0, runs: 0, tasks: 0 };
      while (!signal.aborted && before > 0) {
        const gone = await removePart(before, signal);
        if (gone === undefined) break;
        removed = {
          logs,
          executions: removed.executions + gone.executions,
          runs: removed.runs + gone.runs,
          tasks: removed.tasks + gone.tasks,
        };
      }
      return removed;
    },
  };
}
