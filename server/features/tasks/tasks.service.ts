import { type Page, toInstant } from '../../../shared/api/listing.ts';
import type { Run } from '../../../shared/api/runs.ts';
import {
  type Firings,
  type SchedulePreview,
  type Task,
  type TaskInput,
  type TaskVersions,
  taskInput,
} from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { cursorOf, readPage } from '../../platform/db/keyset.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database } from '../../schema/schema.ts';
import type { Canceller, StopOrder } from './cancel.service.ts';
import { boundedPolicy, checkType, definitionOf, timingColumns } from './definition.ts';
import { createDefinitionCheck, type DefinitionCheckResources } from './definition-check.ts';
import type { FireOrder } from './fire.service.ts';
import type { LedgerUnit } from './ledger.ts';
import { readNamed } from './named-tasks.ts';
import { runOf, taskOf } from './presenters.ts';
import type { RunRow, TaskRow } from './rows.ts';
import { runOfFiring } from './runs.store.ts';
import { createTaskCreation, type TaskCreation, type TaskCreationResources } from './task-creation.ts';
import { namesFrom, narrowestOf, type TaskFilter } from './task-filter.ts';
import { versionsOf } from './task-versions.ts';
import { findTask, insertTaskVersion, listTasks, noteFiring, updateTask } from './tasks.store.ts';

export type TasksService = TaskCreation & {
  /** Newest first; with a name that alone leaves many, in the order of the names. */
  list(query: TaskFilter & { name?: string | undefined; after?: string | undefined; limit: number }): Promise<Page<Task>>;
  get(id: string): Promise<Task>;
  /** How it came to be what it is: each version with what it changed, the newest first. */
  versions(id: string, query: { after?: number | undefined; limit: number }): Promise<TaskVersions>;
  /** @param version the one that was edited; another one there now is a `version_conflict` */
  update(id: string, input: TaskInput, version: number, actor: Actor): Promise<Task>;
  remove(id: string, actor: Actor): Promise<void>;
  run(id: string, actor: Actor): Promise<Run>;
  /** @param version of its plugin that it keeps from now on, or null: the one that is current when it fires */
  pin(id: string, version: string | null, actor: Actor): Promise<Task>;
  pause(id: string, actor: Actor): Promise<Task>;
  resume(id: string, actor: Actor): Promise<Task>;
  /** The next firings of a task, at most `count`; none of one that is paused or done. */
  firings(id: string, count: number): Promise<Firings>;
  /** The next firings of a schedule that no task has yet. Throws `schedule_invalid` with the field. */
  preview(input: SchedulePreview): Firings;
  /** A firing of a schedule, with the time of the next one; both are committed together, so that nothing fires twice or never. */
  fireDue(id: string, due: number, order: FireOrder, nextFireAt: number | null): Promise<RunRow | undefined>;
};

type TimingOfTask = Pick<TaskRow, 'type' | 'cron' | 'time_zone' | 'every_seconds' | 'calendar'>;

export type TasksResources = DefinitionCheckResources &
  TaskCreationResources & {
    readonly clock: Clock;
    readonly db: Database;
    readonly sendStops: Canceller['send'];
    readonly schedule: {
      /** the next firings after `after`, the first of them at `first` where that is known */
      upcoming(task: TimingOfTask, after: number, count: number, first?: number | null): { at: number; skipped: string | null }[];
    };
  };

export function createTasks(resources: TasksResources): TasksService {
  const { db, events, ledger, firer, audit, secrets, schedule } = resources;
  const definitionCheck = createDefinitionCheck(resources);
  const creation = createTaskCreation(resources, definitionCheck);
  const { columnsOf } = definitionCheck;

  async function existing(db_: Parameters<typeof findTask>[0], id: string): Promise<TaskRow> {
    const row = await findTask(db_, id);
    if (row === undefined) throw new MusterError('not_found', `There is no task ${id}.`, { field: 'id' });
    return row;
  }

  async function change(
    id: string,
    actor: Actor,
    action: string,
    changes: (row: TaskRow, now: number) => Partial<TaskRow>,
    named?: readonly string[],
  ): Promise<Task> {
    const row = await ledger.write(async (unit) => {
      const before = await existing(unit.writer, id);
      const changed = changes(before, unit.now);
      const columns = { ...changed, ...(await leaveRowOfDropped(unit, before, changed)), updated_at: unit.now };
      await updateTask(unit.writer, id, columns);
      if (columns.version !== undefined) {
        await insertTaskVersion(unit.writer, {
          task_id: id,
          version: before.version,
          definition: definitionOf(before),
          replaced_at: unit.now,
          replaced_by: actor.name,
        });
      }
      const after = { ...before, ...columns };
      if (named !== undefined) await secrets.noteUsesIn(unit.writer, after, after.type === 'Adhoc' ? [] : named);
      await audit.recordIn(unit.writer, { actor: actor.name, action, subject: id, detail: { name: before.name } });
      return after;
    });
    events.emit('task.changed', { taskId: id });
    return taskOf(row);
  }

  /** A firing that was due already, and that this change takes away before the schedules came to it. */
  async function leaveRowOfDropped(unit: LedgerUnit, before: TaskRow, changed: Partial<TaskRow>): Promise<Partial<TaskRow>> {
    const due = before.next_fire_at;
    if (due === null || due > unit.now || changed.next_fire_at === undefined || changed.next_fire_at === due) return {};
    if ((await runOfFiring(unit.writer, before.id, due)) !== undefined) return {};
    const following = schedule.next(before, due);
    const what = following !== null && following <= unit.now ? 'this firing and those after it were' : 'this firing was';
    const text = `The task was changed after ${what} due and before it could run.`;
    const reason = changed.status === 'paused' ? 'paused' : 'misfired';
    const trigger = before.type === 'Interval' ? 'interval' : 'schedule';
    const run = await firer.fireIn(unit, before, { trigger, firedAt: due, by: 'schedule', skipped: { reason, text } });
    return { last_run_id: run.id };
  }

  return {
    ...creation,

    async list({ after, limit, name, ...filter }) {
      const place = { after: cursorOf(after, 'task'), limit };
      const names = name === undefined ? undefined : namesFrom(name);
      const { rows, next } = await (name !== undefined && narrowestOf(filter) === undefined
        ? readNamed(db.read, { ...filter, name }, place)
        : readPage(
            (position, most) => listTasks(db.read, filter, position, most, names),
            place,
            ({ args, env }) => args.length + env.length,
          ));
      return { items: rows.map(taskOf), next };
    },

    versions: async (id, query) => versionsOf(db.read, await existing(db.read, id), query),

    get: async (id) => taskOf(await existing(db.read, id)),

    async update(id, input, version, actor) {
      const columns = await columnsOf(input, actor);
      const named = await secrets.check(input, actor);
      const edited = (row: TaskRow, now: number): Partial<TaskRow> => {
        if (row.version !== version) {
          throw new MusterError(
            'version_conflict',
            `The task is at version ${row.version} now; read it again and repeat the change.`,
            { field: 'If-Match' },
          );
        }
        const inStep = row.next_fire_at !== null && isSameTiming(row, columns);
        const next = inStep ? row.next_fire_at : schedule.next({ ...row, ...columns }, now);
        const changed = input.type !== 'Adhoc' && row.status === 'paused' ? paused : firingNext(next);
        return { ...columns, version: row.version + 1, ...changed };
      };
      return change(id, actor, 'task.updated', edited, named);
    },

    async remove(id, actor) {
      await change(id, actor, 'task.deleted', (_row, now) => ({ deleted_at: now, status: 'done', next_fire_at: null }), []);
    },

    async run(id, actor) {
      const run = await ledger.write(async (unit) => {
        const task = await existing(unit.writer, id);
        const fired = await firer.fireIn(unit, task, { trigger: 'manual', firedAt: unit.now, by: actor.name });
        await updateTask(unit.writer, id, { last_run_id: fired.id });
        await audit.recordIn(unit.writer, { actor: actor.name, action: 'task.run', subject: id, detail: { run: fired.id } });
        return fired;
      });
      return runOf(run, run.open > 0 ? { queued: run.open } : {});
    },

    async pin(id, version, actor) {
      const task = await existing(db.read, id);
      const { sha256, manifest } = resources.checkCall(task.plugin, task.action, JSON.parse(task.args), version ?? undefined);
      if (version !== null) await resources.holdVersion(sha256);
      return change(id, actor, version === null ? 'task.unpinned' : 'task.pinned', (row) => {
        if (row.version !== task.version)
          throw new MusterError('version_conflict', 'The task was edited at this moment; look at it again, then repeat this.');
        return {
          plugin_sha256: version === null ? null : sha256,
          policy: boundedPolicy(row.policy, manifest.limits),
          version: row.version + 1,
        };
      });
    },

    pause: (id, actor) =>
      change(id, actor, 'task.paused', (row) => {
        if (row.status !== 'active')
          throw new MusterError('state_conflict', `Only an active task can be paused; this one is ${row.status}.`);
        return paused;
      }),

    resume: (id, actor) =>
      change(id, actor, 'task.resumed', (row, now) => {
        if (row.status !== 'paused')
          throw new MusterError('state_conflict', `Only a paused task can be resumed; this one is ${row.status}.`);
        return firingNext(schedule.next(row, now));
      }),

    async firings(id, count) {
      const row = await existing(db.read, id);
      if (row.status !== 'active' || row.next_fire_at === null) return { items: [] };
      return firingsOf(schedule.upcoming(row, resources.clock.now(), count, row.next_fire_at));
    },

    preview({ count, ...input }) {
      checkType({ ...previewed, ...input });
      schedule.check(input);
      return firingsOf(schedule.upcoming({ type: input.type, ...timingColumns(input) }, resources.clock.now(), count));
    },

    async fireDue(id, due, order, nextFireAt) {
      const stops: StopOrder[] = [];
      const run = await ledger.write(async (unit) => {
        // a unit that is tried again begins anew
        stops.length = 0;
        const task = await findTask(unit.writer, id);
        // edited, paused or fired meanwhile
        if (task === undefined || task.next_fire_at !== due) return undefined;
        // the clock was set back and the task edited since: it comes to a time at which it has fired already
        if ((await runOfFiring(unit.writer, id, order.firedAt)) !== undefined) {
          await updateTask(unit.writer, id, firingNext(nextFireAt));
          return undefined;
        }
        const fired = await firer.fireIn(unit, task, order, stops);
        await noteFiring(unit.writer, { id, last_run_id: fired.id, ...firingNext(nextFireAt) });
        return fired;
      });
      resources.sendStops(stops);
      if (run !== undefined) events.emit('task.changed', { taskId: id });
      return run;
    },
  };
}

const paused = { status: 'paused', next_fire_at: null } as const;

/** One that has no firing ahead of it is done. */
const firingNext = (next: number | null) => ({ status: next === null ? 'done' : 'active', next_fire_at: next }) as const;

/** An edit that leaves the timing alone does not move the next firing. */
const isSameTiming = (a: Timing, b: Timing): boolean =>
  a.type === b.type &&
  a.cron === b.cron &&
  a.time_zone === b.time_zone &&
  a.every_seconds === b.every_seconds &&
  a.calendar === b.calendar;

type Timing = Pick<TaskRow, 'type' | 'cron' | 'time_zone' | 'every_seconds' | 'calendar'>;

const firingsOf = (found: readonly { at: number; skipped: string | null }[]): Firings => ({
  items: found.map(({ at, skipped }) => ({ at: toInstant(at), skipped })),
});

/** A preview has no work: this stands for it, where the fields of a definition are checked against its type. */
const previewed = taskInput.parse({ owner: 'Anyone', plugin: 'preview' });
