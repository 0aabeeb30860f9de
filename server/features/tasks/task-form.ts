import {
  policy,
  type SchedulePreview,
  schedulePreview,
  type Task,
  type TaskInput,
  taskInput,
} from '../../../shared/api/tasks.ts';
import { parseDuration } from '../../../shared/durations.ts';
import { type Json, readableJson } from '../../../shared/json.ts';
import { lockOfText, textOfLock } from '../../../shared/lock-text.ts';
import { limitNames } from '../../../shared/resource-limits.ts';
import { type Form, type FormProblems, listOf, problemsOfIssues, textOf } from '../../platform/web/form.ts';
import type { ArgsFields } from './args-fields.ts';
import { argsFromForm, readJson } from './args-form.ts';
import { defaultArgsForm, formFromArgs } from './args-shown.ts';

export type TaskFormRead = { readonly input: TaskInput } | { readonly problems: FormProblems };

/** The task that a posted form means, or what is wrong with it, field by field. */
export function taskOfForm(form: Form, fields: ArgsFields | undefined): TaskFormRead {
  const { args, problems: argsProblems } =
    fields === undefined || isJsonMode(form) ? argsFromJson(form) : argsFromForm(fields, form);
  const { env, problems: envProblems } = envFromText(textOf(form, 'env'));
  const parsed = taskInput.safeParse({ ...plainInputs(form), args, env });
  const found = { ...argsProblems, ...envProblems, ...(parsed.success ? {} : problemsOfIssues(parsed.error.issues).fields) };
  const names = Object.keys(found);
  if (parsed.success && names.length === 0) return { input: parsed.data };
  const shown = Object.fromEntries(Object.entries(found).map(([key, message]) => [shownAt(key), message]));
  return {
    problems: { summary: names.length === 1 ? 'One field needs a look.' : `${names.length} fields need a look.`, fields: shown },
  };
}

/** When the task of a form would fire; undefined while there is not enough to say. */
export function timingOfForm(form: Form): SchedulePreview | { readonly problem: string } | undefined {
  const inputs = plainInputs(form);
  if (inputs.cron === undefined && inputs.everySeconds === undefined) return undefined;
  const keys = Object.keys(schedulePreview.shape).filter((key) => inputs[key] !== undefined);
  const parsed = schedulePreview.safeParse(Object.fromEntries(keys.map((key) => [key, inputs[key]])));
  return parsed.success ? parsed.data : { problem: parsed.error.issues[0]?.message ?? 'It cannot be read.' };
}

/** The form that shows a task as it is. */
export function formOfTask(task: Task, fields: ArgsFields | undefined): Form {
  const args = fields === undefined ? undefined : formFromArgs(fields, task.args);
  const isShown = args !== undefined && 'form' in args;
  return {
    name: task.name,
    owner: task.owner,
    plugin: task.plugin,
    pluginVersion: task.pluginVersion ?? '',
    action: task.action,
    type: task.type,
    cron: task.cron ?? '',
    timeZone: task.timeZone ?? '',
    everySeconds: task.everySeconds === null ? '' : textOfSeconds(task.everySeconds),
    startsAt: task.startsAt ?? '',
    endsAt: task.endsAt ?? '',
    excludeDates: task.excludeDates.join(', '),
    blackout: task.blackout.join('\n'),
    env: Object.entries(task.env)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
    version: String(task.version),
    ...formOfPolicy(task.policy),
    ...(isShown ? args.form : { argsMode: 'json', argsJson: readableJson(task.args) }),
  };
}

/** A form for another task that does the same. */
export function copyOfTask(task: Task, fields: ArgsFields | undefined): Form {
  const { version: _, ...form } = formOfTask(task, fields);
  // a name that was made from what it does would be made so again
  const isOwnName = task.name !== `${task.plugin}.${task.action}`;
  return { ...form, name: isOwnName ? `${task.name.slice(0, 190)} (copy)` : '' };
}

/** A form for a new task, with every default filled in. */
export const freshForm = (given: Form, fields: ArgsFields | undefined): Form => ({
  owner: 'Anyone',
  type: 'Adhoc',
  ...formOfPolicy(policy.parse({})),
  ...(fields === undefined ? {} : defaultArgsForm(fields)),
  ...given,
});

export const isJsonMode = (form: Form): boolean => textOf(form, 'argsMode') === 'json';

const numbers = ['graceSeconds', 'maxConcurrent', 'splaySeconds', 'outputLimitBytes'] as const;
const durations = ['timeoutSeconds', 'everySeconds'] as const;
const texts = ['name', 'cron', 'timeZone'] as const;
const limitKeys = limitNames.map((name) => `limits.${name}` as const);
const retryNumbers = ['count', 'delaySeconds', 'factor', 'capSeconds', 'jitter'] as const;

/** Empty inputs are left out, so that the defaults of `taskInput` hold; what is not a number is passed on as text for its check to refuse. */
function plainInputs(form: Form): Record<string, unknown> {
  const type = textOf(form, 'type');
  const given = (key: string): string | undefined => textOf(form, key).trim() || undefined;
  const numeric = (key: string): unknown => {
    const text = given(key);
    return text === undefined || !Number.isFinite(Number(text)) ? text : Number(text);
  };
  const hasDates = given('excludeDates') !== undefined || given('blackout') !== undefined;
  const schedule = {
    cron: type === 'Scheduled',
    timeZone: type === 'Scheduled' || (type === 'Interval' && hasDates),
    everySeconds: type === 'Interval',
  };
  const wanted = (key: string): boolean => schedule[key as keyof typeof schedule] ?? true;
  return withoutUndefined({
    owner: given('owner'),
    plugin: given('plugin'),
    pluginVersion: given('pluginVersion'),
    action: given('action'),
    type,
    onTimeout: given('onTimeout'),
    ifOffline: given('ifOffline'),
    overlap: given('overlap'),
    catchUp: given('catchUp'),
    ...(type === 'Adhoc' ? {} : calendarInputs(form)),
    locks: given('locks')
      ?.split(/[\s,]+/)
      .filter((word) => word !== '')
      .map(lockOfText),
    expiresAfter: given('expiresAfter'),
    idempotent: textOf(form, 'idempotent') === 'on',
    ...Object.fromEntries(texts.filter(wanted).map((key) => [key, given(key)])),
    ...Object.fromEntries(numbers.map((key) => [key, numeric(key)])),
    ...Object.fromEntries(durations.filter(wanted).map((key) => [key, parseDuration(given(key) ?? '') ?? numeric(key)])),
    ...(limitKeys.some((key) => given(key) !== undefined)
      ? { limits: withoutUndefined(Object.fromEntries(limitNames.map((name) => [name, numeric(`limits.${name}`)]))) }
      : {}),
    retries: withoutUndefined({
      ...Object.fromEntries(retryNumbers.map((key) => [key, numeric(`retries.${key}`)])),
      on: listOf(form, 'retries.on'),
      elsewhere: textOf(form, 'retries.elsewhere') === 'on',
    }),
  });
}

/** Of an Adhoc task they stay unread, as its cron expression does. */
function calendarInputs(form: Form): Record<string, unknown> {
  const parts = (key: string, separator: RegExp): string[] =>
    textOf(form, key)
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return {
    startsAt: textOf(form, 'startsAt').trim() || undefined,
    endsAt: textOf(form, 'endsAt').trim() || undefined,
    excludeDates: parts('excludeDates', /[\s,]+/),
    blackout: parts('blackout', /\n/),
  };
}

export function argsFromJson(form: Form): { readonly args: Json; readonly problems: Readonly<Record<string, string>> } {
  const text = textOf(form, 'argsJson');
  if (text.trim() === '') return { args: {}, problems: {} };
  const read = readJson(text);
  return 'value' in read ? { args: read.value, problems: {} } : { args: {}, problems: { argsJson: read.problem } };
}

function envFromText(text: string): { env: Record<string, string>; problems: Record<string, string> } {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const bad = lines.find((line) => !line.includes('='));
  if (bad !== undefined) return { env: {}, problems: { env: `"${bad}" is not KEY=value.` } };
  return {
    env: Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1)])),
    problems: {},
  };
}

export function formOfPolicy({ retries, idempotent, limits, locks, ...rest }: Task['policy']): Form {
  return {
    ...Object.fromEntries(Object.entries(limits ?? {}).map(([name, value]) => [`limits.${name}`, String(value)])),
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, String(value ?? '')])),
    timeoutSeconds: textOfSeconds(rest.timeoutSeconds),
    expiresAfter: textOfSeconds(rest.expiresAfter),
    ...Object.fromEntries(retryNumbers.map((key) => [`retries.${key}`, String(retries[key])])),
    locks: locks.map(textOfLock).join(', '),
    'retries.on': [...retries.on],
    ...(retries.elsewhere ? { 'retries.elsewhere': 'on' } : {}),
    ...(idempotent ? { idempotent: 'on' } : {}),
  };
}

/** A problem deep inside a value is shown at the input that holds the value. */
export const shownAt = (key: string): string =>
  key.startsWith('env.')
    ? 'env'
    : key.startsWith('locks.')
      ? 'locks'
      : (/^(excludeDates|blackout)\./.exec(key)?.[1] ?? key).startsWith('retries.on.')
        ? 'retries.on'
        : key;

/** `90m`, and never less exact than it is. */
function textOfSeconds(seconds: number): string {
  const units = { d: 86_400, h: 3600, m: 60 };
  const fitting = Object.entries(units).find(([, size]) => seconds >= size && seconds % size === 0);
  return fitting === undefined ? String(seconds) : `${seconds / fitting[1]}${fitting[0]}`;
}

const withoutUndefined = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
