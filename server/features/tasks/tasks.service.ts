import type { Page } from '../../../shared/api/listing.ts';
import type { Run, TaskCreated } from '../../../shared/api/runs.ts';
import type { Task, TaskInput } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import { allows } from '../../../shared/permissions.ts';
import type { PluginManifest } from '../../../shared/plugin-manifest.ts';
import { cursorOf, readPage } from '../../platform/db/keyset.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { checkType, definitionColumns, definitionOf } from './definition.ts';
import type { FireOrder, Firer } from './fire.service.ts';
import type { Ledger, LedgerUnit } from './ledger.ts';
import { runOf, taskOf } from './presenters.ts';
import type { RunRow, TaskRow } from './rows.ts';
import { runOfFiring } from './runs.store.ts';
import { findTask, insertTask, insertTaskVersion, listTasks, type TaskFilter, updateTask } from './tasks.store.ts';

export type TasksService = {
  /** @param alongside writes in the same transaction as the rows, such as the record of an `Idempotency-Key` */
  create(
    input: TaskInput,
    actor: Actor,
    alongside?: (writer: Writer, created: TaskCreated) => Promise<void>,
  ): Promise<TaskCreated>;
  list(query: TaskFilter & { after?: string | undefined; limit: number }): Promise<Page<Task>>;
  get(id: string): Promise<Task>;
  /** @param version the one that was edited; another one there now is a `version_conflict` */
  update(id: string, input: TaskInput, version: number, actor: Actor): Promise<Task>;
  remove(id: string, actor: Actor): Promise<void>;
  run(id: string, actor: Actor): Promise<Run>;
  pause(id: string, actor: Actor): Promise<Task>;
  resume(id: string, actor: Actor): Promise<Task>;
  /** A firing of a schedule, with the time of the next one; both are committed together, so that nothing fires twice or never. */
  fireDue(id: string, due: number, order: FireOrder, nextFireAt: number | null): Promise<RunRow | undefined>;
};

export type TasksResources = {
  readonly db: Database;
  readonly newId: IdGenerator;
  readonly events: EventBus;
  readonly ledger: Ledger;
  readonly firer: Firer;
  readonly audit: {
    recordIn(
      writer: Writer,
      entry: { actor: string; action: string; subject: string; detail?: Record<string, unknown> },
    ): Promise<void>;
  };
  readonly resolveOwner: (owner: string) => unknown;
  readonly checkCall: (plugin: string, action: string, args: unknown) => { readonly manifest: PluginManifest };
  readonly schedule: {
    /** throws `schedule_invalid` with the field */
    check(input: TaskInput): void;
    /** ms of the first firing after `after`, or null when there is none */
    next(task: Pick<TaskRow, 'type' | 'cron' | 'time_zone' | 'every_seconds'>, after: number): number | null;
  };
};

export function createTasks(resources: TasksResources): TasksService {
  const { db, newId, events, ledger, firer, audit, schedule } = resources;

  /** Everything that can be wrong with a definition is told before a row is written. */
  function columnsOf(input: TaskInput, actor: Actor) {
    if (input.type !== 'Adhoc' && !allows(actor.role, 'tasks.write')) {
      throw new MusterError(
        'forbidden',
        `The role ${actor.role} may post Adhoc tasks only; Scheduled and Interval ones need author or admin.`,
        { field: 'type' },
      );
    }
    checkType(input);
    resources.resolveOwner(input.owner);
    const plugin = resources.checkCall(input.plugin, input.action, input.args);
    schedule.check(input);
    return definitionColumns(input, plugin.manifest.limits);
  }

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
      await audit.recordIn(unit.writer, { actor: actor.name, action, subject: id, detail: { name: before.name } });
      return { ...before, ...columns };
    });
    events.emit('task.changed', { taskId: id });
    return taskOf(row);
  }

  /** A firing that was due already, and that this change takes away before the schedules came to it. */
  async function leaveRowOfDropped(unit: LedgerUnit, before: TaskRow, changed: Partial<TaskRow>): Promise<Partial<TaskRow>> {
    const due = before.next_fire_at;
    if (due === null || due > unit.now || changed.next_fire_at === undefined || changed.next_fire_at === due) return {};
    if ((await runOfFiring(unit.writer, before.id, due)) !== undefined) return {};
    const text = 'The task was changed after this firing was due and before it could run.';
    const reason = changed.status === 'paused' ? 'paused' : 'misfired';
    const trigger = before.type === 'Interval' ? 'interval' : 'schedule';
    const run = await firer.fireIn(unit, before, { trigger, firedAt: due, by: 'schedule', skipped: { reason, text } });
    return { last_run_id: run.id };
  }

  return {
    async create(input, actor, alongside) {
      const columns = columnsOf(input, actor);
      const adhoc = input.type === 'Adhoc';
      const created = await ledger.write(async (unit) => {
        const { now } = unit;
        const draft: TaskRow = {
          ...columns,
          id: newId('task'),
          version: 1,
          status: adhoc ? 'done' : 'active',
          next_fire_at: null,
          last_run_id: null,
          created_by: actor.name,
          created_at: now,
          updated_at: now,
          deleted_at: null,
        };
        const run = adhoc ? await firer.fireIn(unit, draft, { trigger: 'adhoc', firedAt: now, by: actor.name }) : null;
        const task = { ...draft, last_run_id: run?.id ?? null, next_fire_at: adhoc ? null : schedule.next(draft, now) };
        await insertTask(unit.writer, task);
        await audit.recordIn(unit.writer, {
          actor: actor.name,
          action: 'task.created',
          subject: task.id,
          detail: { name: task.name, owner: task.owner, plugin: task.plugin, action: task.action, type: task.type },
        });
        const answer: TaskCreated = {
          task: taskOf(task),
          run: run === null ? null : runOf(run, run.open > 0 ? { queued: run.open } : {}),
        };
        await alongside?.(unit.writer, answer);
        return answer;
      });
      // instant: run-committed
      events.emit('task.changed', { taskId: created.task.id });
      return created;
    },

    async list({ after, limit, ...filter }) {
      const { rows, next } = await readPage(
        (position, most) => listTasks(db.read, filter, position, most),
        { after: cursorOf(after, 'task'), limit },
        ({ args, env }) => args.length + env.length,
      );
      return { items: rows.map(taskOf), next };
    },

    get: async (id) => taskOf(await existing(db.read, id)),

    update(id, input, version, actor) {
      const columns = columnsOf(input, actor);
      return change(id, actor, 'task.updated', (row, now) => {
        if (row.version !== version) {
          throw new MusterError(
            'version_conflict',
            `The task is at version ${row.version} now; read it again and repeat the change.`,
            { field: 'If-Match' },
          );
        }
        const status = input.type === 'Adhoc' ? 'done' : row.status === 'paused' ? 'paused' : 'active';
        const inStep = row.next_fire_at !== null && isSameTiming(row, columns);
        const next = inStep ? row.next_fire_at : schedule.next({ ...row, ...columns }, now);
        return { ...columns, version: row.version + 1, status, next_fire_at: status === 'active' ? next : null };
      });
    },

    async remove(id, actor) {
      await change(id, actor, 'task.deleted', (_row, now) => ({ deleted_at: now, status: 'done', next_fire_at: null }));
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

    pause: (id, actor) =>
      change(id, actor, 'task.paused', (row) => {
        if (row.status !== 'active')
          throw new MusterError('state_conflict', `Only an active task can be paused; this one is ${row.status}.`);
        return { status: 'paused', next_fire_at: null };
      }),

    resume: (id, actor) =>
      change(id, actor, 'task.resumed', (row, now) => {
        if (row.status !== 'paused')
          throw new MusterError('state_conflict', `Only a paused task can be resumed; this one is ${row.status}.`);
        return { status: 'active', next_fire_at: schedule.next(row, now) };
      }),

    async fireDue(id, due, order, nextFireAt) {
      const run = await ledger.write(async (unit) => {
        const task = await findTask(unit.writer, id);
        // edited, paused or fired meanwhile
        if (task === undefined || task.next_fire_at !== due) return undefined;
        // the clock was set back and the task edited since: it comes to a time at which it has fired already
        if ((await runOfFiring(unit.writer, id, order.firedAt)) !== undefined) {
          await updateTask(unit.writer, id, { next_fire_at: nextFireAt });
          return undefined;
        }
        const fired = await firer.fireIn(unit, task, order);
        await updateTask(unit.writer, id, { last_run_id: fired.id, next_fire_at: nextFireAt });
        return fired;
      });
      if (run !== undefined) events.emit('task.changed', { taskId: id });
      return run;
    },
  };
}

/** An edit that leaves the timing alone does not move the next firing. */
const isSameTiming = (a: Timing, b: Timing): boolean =>
  a.type === b.type && a.cron === b.cron && a.time_zone === b.time_zone && a.every_seconds === b.every_seconds;

type Timing = Pick<TaskRow, 'type' | 'cron' | 'time_zone' | 'every_seconds'>;
