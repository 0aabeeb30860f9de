import * as z from 'zod';
import { json } from '../json.ts';
import { runStates } from '../run-states.ts';
import { executionStates } from '../states.ts';
import { instant, pageQuery } from './listing.ts';
import { policy, task } from './tasks.ts';

export const triggers = ['adhoc', 'manual', 'schedule', 'interval', 'retry'] as const;
export type Trigger = (typeof triggers)[number];

/** Which executions of a run are run again; `group`: those that ended like a given one. */
export const retryChoices = ['failed', 'missing', 'different'] as const;
export const retryOnly = [...retryChoices, 'group', 'execution'] as const;
export type RetryChoice = (typeof retryChoices)[number];
export type RetryOnly = (typeof retryOnly)[number];

export const runCounts = z.partialRecord(z.enum(executionStates as [string, ...string[]]), z.int());

export const run = z
  .object({
    id: z.string(),
    taskId: z.string(),
    taskName: z.string(),
    taskVersion: z.int(),
    trigger: z.enum(triggers),
    state: z.enum(runStates),
    owner: z.string(),
    plugin: z.string(),
    /** of the bundle that this run uses on every host; null when the run had nothing to run */
    pluginSha256: z.string().nullable(),
    action: z.string(),
    args: json,
    policy: policy,
    /** the number of executions, and how many are in each state now */
    total: z.int(),
    open: z.int(),
    counts: runCounts,
    firedAt: instant,
    createdAt: instant,
    finishedAt: instant.nullable(),
    createdBy: z.string(),
    /** of a run on some hosts of another one: that run, and which of them */
    retryOf: z.object({ runId: z.string(), only: z.enum(retryOnly) }).nullable(),
  })
  .meta({ id: 'Run' });
export type Run = z.infer<typeof run>;

export const runQuery = pageQuery.extend({
  taskId: z.string().max(64).optional(),
  state: z.enum(runStates).optional(),
  plugin: z.string().max(64).optional(),
});

/** How a text differs from that of the majority, line by line, as `diff -u` writes it below its file names; '' where it does not. */
export const foldedDiff = z.object({ added: z.int(), removed: z.int(), patch: z.string() });

/** Executions of a run with equal outcome and output, as one group. Those that are still open are grouped by their state. */
export const foldedGroup = z.object({
  state: z.enum(executionStates),
  reason: z.string().nullable(),
  exitCode: z.int().nullable(),
  count: z.int(),
  /** host names in ranges, such as `web[001-480]` */
  hosts: z.string(),
  /** the first of its executions, where log and data can be read */
  executionId: z.string(),
  message: z.string(),
  data: json,
  /** the output of the last attempt, at most 64 KiB of it */
  output: z.string(),
  /** the output was cut, or the data left out, so that the answer stays small */
  outputTruncated: z.boolean(),
  /** the largest group of those that ran; the others are compared with it */
  majority: z.boolean(),
  /** of the output; null for the majority, for what did not run, and where the two are too different, or too long, to be shown as one */
  diff: foldedDiff.nullable(),
  /** of the data, where it differs */
  dataDiff: foldedDiff.nullable(),
});
export const folded = z
  .object({
    runId: z.string(),
    state: z.enum(runStates),
    total: z.int(),
    /** outliers first: errors, then the rarer, what is still open last */
    groups: z.array(foldedGroup),
    /** groups that are left out because there are too many, and their executions */
    omitted: z.object({ groups: z.int(), executions: z.int() }),
    /** how many executions each choice of a retry has now */
    retry: z.object({ failed: z.int(), missing: z.int(), different: z.int() }),
  })
  .meta({ id: 'Folded' });
export type Folded = z.infer<typeof folded>;

/** What is to run again; without a field, the whole task as for a new run. */
export const retryInput = z
  .strictObject({
    /**
     * `failed`: failed, timed out, rejected; `missing`: never reached or uncertain, which is expired, skipped because of the host, lost,
     * unknown; `different`: ended otherwise than the majority
     */
    only: z.enum(retryChoices).optional(),
    /** an execution: all that ended like it */
    group: z.string().min(1).max(64).optional(),
    /** an execution: its host alone */
    execution: z.string().min(1).max(64).optional(),
  })
  .refine(
    (choice) => Object.values(choice).filter((value) => value !== undefined).length <= 1,
    'Give one of `only`, `group` and `execution`.',
  )
  .meta({ id: 'RetryInput' });
export type RetryInput = z.infer<typeof retryInput>;

/** Every host of a run with its state, as one line each of parallel lists, in the natural order of the names. */
export const runGrid = z
  .object({
    runId: z.string(),
    state: z.enum(runStates),
    total: z.int(),
    open: z.int(),
    /** the letter of each state in `cells` */
    letters: z.record(z.string(), z.enum(executionStates)),
    /** one letter per host */
    cells: z.string(),
    names: z.array(z.string()),
    /** what all ids of executions begin with, and the rest of each */
    idPrefix: z.string(),
    ids: z.array(z.string()),
  })
  .meta({ id: 'RunGrid' });
export type RunGrid = z.infer<typeof runGrid>;

export const taskCreated = z.object({ task, run: run.nullable() }).meta({ id: 'TaskCreated' });
export type TaskCreated = z.infer<typeof taskCreated>;
