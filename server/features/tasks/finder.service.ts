import { toInstant } from '../../../shared/api/listing.ts';
import { idFloor } from '../../../shared/ids.ts';
import type { Database } from '../../schema/schema.ts';
import {
  countFailedSince,
  executionsFrom,
  firstNamed,
  newestOfStatus,
  newestRunsOf,
  nextFirings,
  type RunFound,
  runsFrom,
  type TaskLabel,
  tasksFrom,
} from './finder.store.ts';
import { lastRunsOf, type RunMark } from './last-runs.store.ts';
import { asciiLower, justAfter, namesFrom } from './task-filter.ts';

export type { RunMark };

/** Finds tasks, runs and executions for those who look at everything: the search and the overview. Each look is bounded. */
export type Finder = {
  /** Each name once, with the newest task that has it: names that begin with the text, then active and paused tasks that hold it. */
  tasksNamed(text: string, limit: number): Promise<TaskLabel[]>;
  /** @param prefix of an id, with that of its kind: `tsk_01h` */
  tasksById(prefix: string, limit: number): Promise<TaskLabel[]>;
  runsById(prefix: string, limit: number): Promise<RunFound[]>;
  executionsById(prefix: string, limit: number): ReturnType<typeof executionsFrom>;
  newestRunsOf(taskIds: readonly string[]): Promise<RunFound[]>;
  /** Of each of these tasks the last `each` runs, in any order. */
  lastRunsOf(taskIds: readonly string[], each: number): Promise<RunMark[]>;
  nextFirings(limit: number): Promise<NextFiring[]>;
  /** Runs that failed since then, counted no further than `most`. */
  failedSince(since: number, most: number): Promise<number>;
};

export type NextFiring = TaskLabel & {
  readonly cron: string | null;
  readonly timeZone: string | null;
  readonly everySeconds: number | null;
  readonly at: string;
};

/** So many of the active and of the paused tasks are looked into for a word in the middle of their name. */
const lookedInto = 500;

export function createFinder(db: Database): Finder {
  return {
    async tasksNamed(text, limit) {
      const wanted = asciiLower(text);
      const found = new Map<string, TaskLabel>();
      let { from, before } = namesFrom(text);
      while (found.size < limit) {
        const task = await firstNamed(db.read, from, before);
        if (task === undefined) break;
        found.set(asciiLower(task.name), task);
        from = justAfter(task.name);
      }
      if (found.size === limit) return [...found.values()];
      const current = [
        ...(await newestOfStatus(db.read, 'active', lookedInto)),
        ...(await newestOfStatus(db.read, 'paused', lookedInto)),
      ];
      for (const task of current) {
        const name = asciiLower(task.name);
        if (found.size < limit && name.includes(wanted) && !found.has(name)) found.set(name, task);
      }
      return [...found.values()];
    },
    tasksById: (prefix, limit) => tasksFrom(db.read, prefix, `${prefix}~`, limit),
    runsById: (prefix, limit) => runsFrom(db.read, prefix, `${prefix}~`, limit),
    executionsById: (prefix, limit) => executionsFrom(db.read, prefix, `${prefix}~`, limit),
    newestRunsOf: (taskIds) => newestRunsOf(db.read, taskIds),
    lastRunsOf: (taskIds, each) => lastRunsOf(db.read, taskIds, each),
    async nextFirings(limit) {
      const rows = await nextFirings(db.read, limit);
      return rows.map(({ time_zone, every_seconds, next_fire_at, ...task }) => ({
        ...task,
        timeZone: time_zone,
        everySeconds: every_seconds,
        at: toInstant(next_fire_at ?? 0),
      }));
    },
    failedSince: (since, most) => countFailedSince(db.read, idFloor('run', since), most),
  };
}
