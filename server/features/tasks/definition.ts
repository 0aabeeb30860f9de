import type { TaskInput } from '../../../shared/api/tasks.ts';
import { policy as policySchema } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
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
    refuse('timeZone', 'Scheduled');
  }
  if (input.type === 'Interval') need('everySeconds', 'Interval');
  else refuse('everySeconds', 'Interval');
}

/** The columns that the definition of a task fills. A limit of the plugin bounds the limit of the task. */
export function definitionColumns(
  input: TaskInput,
  limits: { readonly timeoutSeconds?: number | undefined; readonly outputBytes?: number | undefined } | undefined,
) {
  const policy = policySchema.parse(
    Object.fromEntries(Object.keys(policySchema.shape).map((key) => [key, input[key as keyof TaskInput]])),
  );
  const bounded = {
    ...policy,
    timeoutSeconds: Math.min(policy.timeoutSeconds, limits?.timeoutSeconds ?? policy.timeoutSeconds),
    outputLimitBytes: Math.min(policy.outputLimitBytes, limits?.outputBytes ?? policy.outputLimitBytes),
  };
  return {
    name: input.name ?? `${input.plugin}.${input.action}`,
    type: input.type,
    owner: input.owner,
    plugin: input.plugin,
    action: input.action,
    args: JSON.stringify(input.args),
    env: JSON.stringify(input.env),
    cron: input.cron ?? null,
    time_zone: input.type === 'Scheduled' ? (input.timeZone ?? 'UTC') : null,
    every_seconds: input.everySeconds ?? null,
    policy: JSON.stringify(bounded),
  } satisfies Partial<TaskRow>;
}

/** What an edit replaces, as it is kept in `task_versions`. */
export const definitionOf = (row: TaskRow): string => {
  const { name, type, owner, plugin, action, args, env, cron, time_zone, every_seconds, policy } = row;
  return JSON.stringify({ name, type, owner, plugin, action, args, env, cron, time_zone, every_seconds, policy });
};
