import * as z from 'zod';
import { parseDuration } from '../durations.ts';
import { json } from '../json.ts';
import { actionName, displayName, lockName, pluginName } from '../names.ts';
import { resourceLimits } from '../resource-limits.ts';
import { instant, pageQuery } from './listing.ts';

/** skip: the firing leaves a row; queue: one firing waits for the run before it; parallel: it runs beside it; replace: that one is cancelled first */
export const overlaps = ['skip', 'queue', 'parallel', 'replace'] as const;
export const catchUps = ['none', 'last', 'all'] as const;

/** What happens when the time limit passes: the work has failed, or what it printed until then is the result. */
export const timeoutActions = ['kill', 'snapshot'] as const;
export type TimeoutAction = (typeof timeoutActions)[number];

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
  /** of an execution for Anyone: its next attempt goes to a host that has not tried it, if there is one that can */
  elsewhere: z.boolean().default(false),
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

/** One lock: `"db-restart"`, or with how many may hold it at a time. */
export const taskLock = z
  .union([lockName, z.strictObject({ name: lockName, limit: z.int().min(1).max(1000).default(1) })])
  .transform((lock) => (typeof lock === 'string' ? { name: lock, limit: 1 } : lock))
  .pipe(z.strictObject({ name: lockName, limit: z.int() }));

/** How carefully a run is done. Copied into each run. */
export const policy = z
  .strictObject({
    timeoutSeconds: z.number().min(0.1).max(604_800).default(3600),
    /** `snapshot` is for work that never ends by itself: when its time is up, its output so far is the result, and it has succeeded */
    onTimeout: z.enum(timeoutActions).default('kill'),
    /** between asking a process tree to end and killing it */
    graceSeconds: z.number().min(0).max(600).default(10),
    ifOffline: z.enum(['wait', 'skip', 'fail']).default('wait'),
    expiresAfter: duration.default(3600),
    retries: retryPolicy.prefault({}),
    /** may be started again when it cannot be known whether it happened */
    idempotent: z.boolean().default(false),
    /** what a firing does when the run before it is still active */
    overlap: z.enum(overlaps).default('skip'),
    /** what becomes of firings that were missed while the server was down: one row tells of them, the last one runs, or the latest hundred run */
    catchUp: z.enum(catchUps).default('none'),
    /** a firing of a schedule is spread over so many seconds, each host at the same place of them every time */
    splaySeconds: z.int().min(0).max(86_400).default(0),
    /** executions of the task, of all its runs, that may be under way at a time; null: as many as there are */
    maxConcurrent: z.int().min(1).max(10_000).nullable().default(null),
    /** named locks, shared by all tasks that name them: each is held from the offer to the end of an execution */
    locks: z
      .array(taskLock)
      .max(8)
      .refine((locks) => new Set(locks.map(({ name }) => name)).size === locks.length, 'Name each lock once.')
      .default([]),
    /** bytes of output kept per execution; past it head and tail are kept and the cut is marked */
    outputLimitBytes: z.int().min(1024).max(1_073_741_824).default(10_485_760),
    /** what the work may use of its host; those of the plugin hold besides */
    limits: resourceLimits.optional(),
  })
  .meta({ id: 'Policy' });
export type Policy = z.infer<typeof policy>;

const definition = {
  name: displayName(200).optional(),
  /** `ALL`, `Anyone`, an agent's name, or a target expression */
  owner: z.string().min(1).max(2000),
  plugin: pluginName,
  /** a stored version of it (`1.2.0`, or the beginning of its SHA-256), which the task keeps; absent: whatever is current when it fires */
  pluginVersion: z.string().min(1).max(64).optional(),
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
  /** no firing before it, and an interval is counted from it */
  startsAt: instant.optional(),
  /** no firing after it */
  endsAt: instant.optional(),
  /** `2026-12-25`, in the task's time zone */
  excludeDates: z.array(z.iso.date()).max(366).default([]),
  /** `Mon-Fri 09:00-17:00`, `22:00-06:00`, in the task's time zone */
  blackout: z.array(z.string().min(1).max(100)).max(20).default([]),
} as const;

/** `POST /tasks` and `PUT /tasks/:id`: the definition with its policy in one flat object. */
export const taskInput = z.strictObject({ ...definition, ...policy.shape }).meta({
  id: 'TaskInput',
  examples: [
    { owner: 'Anyone', plugin: 'create_incident', action: 'main', args: ['P1', 'Database connection failed'], type: 'Adhoc' },
  ],
});
export type TaskInput = z.infer<typeof taskInput>;

/** a task is done when nothing of it will fire: its one run was made with it (Adhoc), or its last date is past */
export const taskStatuses = ['active', 'paused', 'done'] as const;

export const task = z
  .object({
    id: z.string(),
    version: z.int(),
    name: z.string(),
    status: z.enum(taskStatuses),
    owner: z.string(),
    plugin: z.string(),
    /** SHA-256 of the version that the task is pinned to; null: whatever is current when it fires */
    pluginVersion: z.string().nullable(),
    action: z.string(),
    args: json,
    env: z.record(z.string(), z.string()),
    type: z.enum(taskTypes),
    cron: z.string().nullable(),
    timeZone: z.string().nullable(),
    everySeconds: z.int().nullable(),
    startsAt: instant.nullable(),
    endsAt: instant.nullable(),
    excludeDates: z.array(z.string()),
    blackout: z.array(z.string()),
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
  /** names that begin with it, in upper or lower case */
  name: z.string().min(1).max(200).optional(),
});

export const taskVersions = z
  .object({
    items: z.array(
      z.object({
        version: z.int(),
        /** when it came to be, and who made it */
        at: instant,
        by: z.string(),
        /** how it differs from the version before it, line by line; null: it is the first, or the two cannot be compared */
        diff: z.object({ added: z.int(), removed: z.int(), patch: z.string() }).nullable(),
      }),
    ),
    /** pass as `after` for the next page; null on the last */
    next: z.int().nullable(),
  })
  .meta({ id: 'TaskVersions' });
export type TaskVersions = z.infer<typeof taskVersions>;

/** `POST /schedules/preview`: the fields of a definition that say when it fires. */
export const schedulePreview = z
  .strictObject({
    type: z.enum(['Scheduled', 'Interval']).default('Scheduled'),
    cron: definition.cron,
    timeZone: definition.timeZone,
    everySeconds: definition.everySeconds,
    startsAt: definition.startsAt,
    endsAt: definition.endsAt,
    excludeDates: definition.excludeDates,
    blackout: definition.blackout,
    count: z.int().min(1).max(100).default(10),
  })
  .meta({ id: 'SchedulePreview', examples: [{ cron: '0 3 * * 1-5', timeZone: 'Europe/Berlin', blackout: ['Fri 00:00-24:00'] }] });
export type SchedulePreview = z.infer<typeof schedulePreview>;

/** In the order in which they come. Of firings that an excluded date or a blackout takes, the first stands for those that follow it. */
export const firings = z
  .object({
    items: z.array(
      z.object({
        at: instant,
        /** why it will not run, such as `the blackout Mon-Fri 09:00-17:00`; null: it will */
        skipped: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'Firings' });
export type Firings = z.infer<typeof firings>;
