import * as z from 'zod';
import { parseDuration } from '../durations.ts';
import { json } from '../json.ts';
import { actionName, displayName, pluginName } from '../names.ts';
import { instant, pageQuery } from './listing.ts';

export const taskTypes = ['Adhoc', 'Scheduled', 'Interval'] as const;
export type TaskType = (typeof taskTypes)[number];

const duration = z
  .union([z.int().min(0), z.string().max(20)])
  .transform((value, context) => {
    const seconds = parseDuration(value);
    if (seconds === undefined)
      context.addIssue({ code: 'custom', message: 'Use seconds or a duration such as 90s, 15m, 1h, 7d.' });
    return seconds ?? 0;
  })
  .pipe(z.int().min(1).max(31_536_000));

export const retryPolicy = z.strictObject({
  /** further attempts after the first */
  count: z.int().min(0).max(100).default(0),
  /** before the first retry */
  delaySeconds: z.number().min(0).max(86_400).default(5),
  factor: z.number().min(1).max(10).default(2),
  capSeconds: z.number().min(0).max(86_400).default(300),
  /** share of the delay that is random: 0 none, 1 all of it */
  jitter: z.number().min(0).max(1).default(0.2),
  /** ends that are retried; `lost` also needs `idempotent: true` */
  on: z
    .array(z.enum(['failed', 'timed_out', 'lost']))
    .max(3)
    .default(['failed', 'timed_out', 'lost']),
});
export type RetryPolicy = z.infer<typeof retryPolicy>;

export const envVariables = z.record(
  z
    .string()
    .max(128)
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'A variable name is letters, digits and underscore.'),
  z
    .string()
    .max(32_768)
    .refine((value) => !value.includes('\0'), 'A value must not hold NUL.'),
);

/** How carefully a run is done. Copied into each run. */
export const policy = z
  .strictObject({
    timeoutSeconds: z.number().min(0.1).max(604_800).default(3600),
    /** between asking a process tree to end and killing it */
    graceSeconds: z.number().min(0).max(600).default(10),
    ifOffline: z.enum(['wait', 'skip', 'fail']).default('wait'),
    expiresAfter: duration.default(3600),
    retries: retryPolicy.prefault({}),
    /** may be started again when it cannot be known whether it happened */
    idempotent: z.boolean().default(false),
    /** what a firing does when the run before it is still active */
    overlap: z.enum(['skip', 'parallel']).default('skip'),
    /** bytes of output kept per execution; past it head and tail are kept and the cut is marked */
    outputLimitBytes: z.int().min(1024).max(1_073_741_824).default(10_485_760),
  })
  .meta({ id: 'Policy' });
export type Policy = z.infer<typeof policy>;

const definition = {
  name: displayName(200).optional(),
  /** `ALL`, `Anyone`, an agent's name, or a target expression */
  owner: z.string().min(1).max(2000),
  plugin: pluginName,
  action: actionName.default('main'),
  /** positional (array) or by keyword (object) */
  args: json.default({}),
  type: z.enum(taskTypes).default('Adhoc'),
  /** five or six fields, or @daily and the like; for Scheduled */
  cron: z.string().min(1).max(200).optional(),
  /** IANA name; for Scheduled */
  timeZone: z.string().min(1).max(64).optional(),
  /** for Interval */
  everySeconds: z.int().min(1).max(31_536_000).optional(),
  env: envVariables.default({}),
} as const;

/** `POST /tasks` and `PUT /tasks/:id`: the definition with its policy in one flat object. */
export const taskInput = z.strictObject({ ...definition, ...policy.shape }).meta({
  id: 'TaskInput',
  examples: [
    { owner: 'Anyone', plugin: 'create_incident', action: 'main', args: ['P1', 'Database connection failed'], type: 'Adhoc' },
  ],
});
export type TaskInput = z.infer<typeof taskInput>;

/** a task is done when it is Adhoc: its one run was made with it */
export const taskStatuses = ['active', 'paused', 'done'] as const;

export const task = z
  .object({
    id: z.string(),
    version: z.int(),
    name: z.string(),
    status: z.enum(taskStatuses),
    owner: z.string(),
    plugin: z.string(),
    action: z.string(),
    args: json,
    env: z.record(z.string(), z.string()),
    type: z.enum(taskTypes),
    cron: z.string().nullable(),
    timeZone: z.string().nullable(),
    everySeconds: z.int().nullable(),
    policy: policy,
    nextFireAt: instant.nullable(),
    lastRunId: z.string().nullable(),
    createdBy: z.string(),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Task' });
export type Task = z.infer<typeof task>;

export const taskQuery = pageQuery.extend({
  status: z.enum(taskStatuses).optional(),
  type: z.enum(taskTypes).optional(),
  plugin: pluginName.optional(),
});
