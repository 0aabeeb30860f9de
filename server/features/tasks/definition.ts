import type { TaskInput } from '../../../shared/api/tasks.ts';
import { type Policy, policy as policySchema } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import { parsePolicy } from './policy-text.ts';
import type { TaskRow } from './rows.ts';

/** Which fields belong to which type of task. */
export function checkType(input: TaskInput): void {
  const need = (field: keyof TaskInput, type: string): void => {
    if (input[field] === undefined)
      throw new MusterError('field_missing', `A task of type ${type} needs \`${field}\`.`, { field });
  };
  const refuse = (field: keyof TaskInput, belongsTo: string): void => {
    if (input[field] !== undefined) {
      throw new MusterError('field_invalid', `\`${field}\` belongs to tasks of type ${belongsTo}; this one is ${input.type}.`, {
        field,
      });
    }
  };
  if (input.type === 'Scheduled') need('cron', 'Scheduled');
  else {
    refuse('cron', 'Scheduled');
    // of an interval, only a calendar has a use for it
    if (input.type === 'Adhoc' || !hasDates(input)) refuse('timeZone', 'Scheduled');
  }
  if (input.type === 'Interval') need('everySeconds', 'Interval');
  else refuse('everySeconds', 'Interval');
  checkSplay(input);
  if (input.type !== 'Adhoc') return;
  const firing = ['startsAt', 'endsAt', 'excludeDates', 'blackout'] as const;
  for (const field of firing) if ([input[field] ?? []].flat().length > 0) refuse(field, 'Scheduled and Interval');
}

/** Of what is replaced before its place comes, a host whose place is late would never run anything. */
function checkSplay({ type, everySeconds, overlap, splaySeconds }: TaskInput): void {
  if (type !== 'Interval' || everySeconds === undefined || overlap !== 'replace' || splaySeconds < everySeconds) return;
  throw new MusterError(
    'field_invalid',
    `With \`overlap: replace\` the hosts of a task that fires every ${everySeconds} s must begin within less than that, or some would never run.`,
    { field: 'splaySeconds' },
  );
}

const hasDates = ({ excludeDates, blackout }: TaskInput): boolean => excludeDates.length + blackout.length > 0;

type TimingInput = Pick<
  TaskInput,
  'type' | 'cron' | 'timeZone' | 'everySeconds' | 'startsAt' | 'endsAt' | 'excludeDates' | 'blackout'
>;

/** The columns that say when a task fires. */
export const timingColumns = (input: TimingInput) =>
  ({
    cron: input.cron ?? null,
    time_zone: input.timeZone ?? (input.type === 'Scheduled' ? 'UTC' : null),
    every_seconds: input.everySeconds ?? null,
    calendar: calendarColumn(input),
  }) satisfies Partial<TaskRow>;

/** The form in which the calendar of a task is kept; null when it has none. */
function calendarColumn({ startsAt, endsAt, excludeDates, blackout }: TimingInput): string | null {
  const ms = (text: string | undefined): number | null => (text === undefined ? null : Date.parse(text));
  const calendar = { startsAt: ms(startsAt), endsAt: ms(endsAt), excludeDates, blackout };
  const isEmpty = calendar.startsAt === null && calendar.endsAt === null && excludeDates.length + blackout.length === 0;
  return isEmpty ? null : JSON.stringify(calendar);
}

/**
 * The columns that the definition of a task fills. A limit of the plugin bounds the limit of the task.
 * @param pinned SHA-256 of the version of the plugin that it keeps
 */
export function definitionColumns(input: TaskInput, limits: PluginLimits, pinned: string | null) {
  const policy = Object.fromEntries(policyKeys.map((key) => [key, input[key]])) as Policy;
  return {
    name: input.name ?? `${input.plugin}.${input.action}`,
    type: input.type,
    owner: input.owner,
    plugin: input.plugin,
    plugin_sha256: pinned,
    action: input.action,
    args: JSON.stringify(input.args),
    env: JSON.stringify(input.env),
    ...timingColumns(input),
    policy: JSON.stringify(bounded(policy, limits)),
  } satisfies Partial<TaskRow>;
}

/** They were checked with the rest of the input, and have their defaults. */
const policyKeys = Object.keys(policySchema.shape) as (keyof Policy)[];

type PluginLimits = { readonly timeoutSeconds?: number | undefined; readonly outputBytes?: number | undefined } | undefined;

const bounded = (policy: Policy, limits: PluginLimits): Policy => ({
  ...policy,
  timeoutSeconds: Math.min(policy.timeoutSeconds, limits?.timeoutSeconds ?? policy.timeoutSeconds),
  outputLimitBytes: Math.min(policy.outputLimitBytes, limits?.outputBytes ?? policy.outputLimitBytes),
});

/** The policy of a task as it is kept, under the limits of another version of its plugin. */
export const boundedPolicy = (policy: string, limits: PluginLimits): string =>
  JSON.stringify(bounded(parsePolicy(policy), limits));

/** What an edit replaces, as it is kept in `task_versions`. */
export const definitionOf = (row: TaskRow): string => {
  const { name, type, owner, plugin, plugin_sha256, action, args, env, cron, time_zone, every_seconds, calendar, policy } = row;
  return JSON.stringify({
    name,
    type,
    owner,
    plugin,
    plugin_sha256,
    action,
    args,
    env,
    cron,
    time_zone,
    every_seconds,
    calendar,
    policy,
  });
};
