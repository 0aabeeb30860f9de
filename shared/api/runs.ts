import * as z from 'zod';
import { json } from '../json.ts';
import { runStates } from '../run-states.ts';
import { executionStates } from '../states.ts';
import { instant, pageQuery } from './listing.ts';
import { policy, task } from './tasks.ts';

export const triggers = ['adhoc', 'manual', 'schedule', 'interval', 'retry'] as const;
export type Trigger = (typeof triggers)[number];

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
  })
  .meta({ id: 'Run' });
export type Run = z.infer<typeof run>;

export const runQuery = pageQuery.extend({
  taskId: z.string().max(64).optional(),
  state: z.enum(runStates).optional(),
  plugin: z.string().max(64).optional(),
});

/** Executions of a run with equal outcome and output, as one group. */
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
  /** the log, at most 64 KiB of it */
  output: z.string(),
  /** the output was cut, or the data left out, so that the answer stays small */
  outputTruncated: z.boolean(),
});
export const folded = z
  .object({ runId: z.string(), state: z.enum(runStates), total: z.int(), groups: z.array(foldedGroup) })
  .meta({ id: 'Folded' });
export type Folded = z.infer<typeof folded>;

export const taskCreated = z.object({ task, run: run.nullable() }).meta({ id: 'TaskCreated' });
export type TaskCreated = z.infer<typeof taskCreated>;
