import type { TaskCreated } from '../../../shared/api/runs.ts';
import type { CreatedIds } from '../../../shared/api/task-batch.ts';
import type { TaskInput } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Writer } from '../../schema/schema.ts';
import type { DefinitionCheck, DefinitionColumns } from './definition-check.ts';
import type { Firer } from './fire.service.ts';
import type { Ledger, LedgerUnit } from './ledger.ts';
import { runOf, taskOf } from './presenters.ts';
import type { RunRow, TaskRow } from './rows.ts';
import { insertTask } from './tasks.store.ts';

/** Makes tasks, and of an Adhoc one its run: each with all its rows in one unit of work. */
export type TaskCreation = {
  /** @param alongside writes in the same transaction as the rows, such as the record of an `Idempotency-Key` */
  create(
    input: TaskInput,
    actor: Actor,
    alongside?: (writer: Writer, created: TaskCreated) => Promise<void>,
  ): Promise<TaskCreated>;
  /**
   * All of them or none, in their order. What is wrong with several is told at once, as issues whose fields begin with the place of the
   * task, such as `tasks.3.owner`.
   */
  createBatch(
    inputs: readonly TaskInput[],
    actor: Actor,
    alongside?: (writer: Writer, created: readonly CreatedIds[]) => Promise<void>,
  ): Promise<readonly CreatedIds[]>;
};

export type TaskCreationResources = {
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
  readonly secrets: {
    /** the names of the secrets that it refers to; throws with the field */
    check(definition: Pick<TaskInput, 'args' | 'env'>, actor: Actor): Promise<string[]>;
    noteUsesIn(writer: Writer, task: { readonly id: string; readonly name: string }, secrets: readonly string[]): Promise<void>;
  };
  readonly schedule: {
    /** ms of the first firing after `after`, or null when there is none */
    next(task: Pick<TaskRow, 'type' | 'cron' | 'time_zone' | 'every_seconds' | 'calendar'>, after: number): number | null;
  };
};

/** A definition that was found to be in order. */
type Checked = { readonly input: TaskInput; readonly columns: DefinitionColumns; readonly secrets: readonly string[] };
type CreatedRows = { readonly task: TaskRow; readonly run: RunRow | null };

export function createTaskCreation(resources: TaskCreationResources, { columnsOf }: DefinitionCheck): TaskCreation {
  const { newId, events, ledger, firer, audit, secrets, schedule } = resources;

  const check = async (input: TaskInput, actor: Actor): Promise<Checked> => ({
    input,
    columns: await columnsOf(input, actor),
    secrets: await secrets.check(input, actor),
  });

  async function checkAll(inputs: readonly TaskInput[], actor: Actor): Promise<Checked[]> {
    const checked: Checked[] = [];
    const faults: MusterError[] = [];
    for (const [place, input] of inputs.entries()) {
      try {
        checked.push(await check(input, actor));
      } catch (error) {
        if (!(error instanceof MusterError)) throw error;
        faults.push(faultAt(place, error));
        if (faults.length === maxFaults) break;
      }
    }
    if (faults[0] !== undefined) throw faultOfBatch(faults[0], faults);
    return checked;
  }

  async function createIn(unit: LedgerUnit, { input, columns, secrets: named }: Checked, actor: Actor): Promise<CreatedRows> {
    const { now, writer } = unit;
    const adhoc = input.type === 'Adhoc';
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
    const next = adhoc ? null : schedule.next(draft, now);
    if (!adhoc && next === null) throw neverFires(input);
    const run = adhoc ? await firer.fireIn(unit, draft, { trigger: 'adhoc', firedAt: now, by: actor.name }) : null;
    const task = { ...draft, last_run_id: run?.id ?? null, next_fire_at: next };
    await insertTask(writer, task);
    // of an Adhoc task its one run is made already
    if (!adhoc && named.length > 0) await secrets.noteUsesIn(writer, task, named);
    await audit.recordIn(writer, {
      actor: actor.name,
      action: 'task.created',
      subject: task.id,
      detail: { name: task.name, owner: task.owner, plugin: task.plugin, action: task.action, type: task.type },
    });
    return { task, run };
  }

  return {
    async create(input, actor, alongside) {
      const checked = await check(input, actor);
      const created = await ledger.write(async (unit) => {
        const { task, run } = await createIn(unit, checked, actor);
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

    async createBatch(inputs, actor, alongside) {
      const checked = await checkAll(inputs, actor);
      const created = await ledger.write(async (unit) => {
        const ids: CreatedIds[] = [];
        for (const [place, each] of checked.entries()) {
          const { task, run } = await createIn(unit, each, actor).catch((error: unknown) => {
            throw error instanceof MusterError ? faultAt(place, error) : error;
          });
          ids.push({ taskId: task.id, runId: run?.id ?? null });
        }
        await alongside?.(unit.writer, ids);
        return ids;
      });
      for (const { taskId } of created) events.emit('task.changed', { taskId });
      return created;
    },
  };
}

/** So many faults are told at once. */
const maxFaults = 50;

/** The same fault, as one of a task of a batch. */
function faultAt(place: number, error: MusterError): MusterError {
  const at = (field: string): string => `tasks.${place}.${field}`;
  const { field, issues, ...details } = error.details;
  return new MusterError(error.code, `tasks.${place}: ${error.message}`, {
    ...details,
    ...(field === undefined ? {} : { field: at(field) }),
    ...(issues === undefined ? {} : { issues: issues.map((issue) => ({ ...issue, field: at(issue.field) })) }),
    cause: error,
  });
}

function faultOfBatch(first: MusterError, all: readonly MusterError[]): MusterError {
  if (all.length === 1) return first;
  const issues = all.flatMap(
    ({ details, message }) => details.issues ?? (details.field === undefined ? [] : [{ field: details.field, message }]),
  );
  return new MusterError(first.code, `${first.message} (${all.length} tasks are at fault, see issues; none was made.)`, {
    ...first.details,
    issues: issues.slice(0, maxFaults),
  });
}

const neverFires = ({ endsAt }: TaskInput): MusterError =>
  new MusterError(
    'schedule_invalid',
    `It would never fire${endsAt === undefined ? '' : ': its end comes before its first time'}.`,
    {
      field: endsAt === undefined ? 'cron' : 'endsAt',
    },
  );
