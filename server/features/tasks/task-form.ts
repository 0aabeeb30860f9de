import { policy, type Task, type TaskInput, taskInput } from '../../../shared/api/tasks.ts';
import { parseDuration } from '../../../shared/durations.ts';
import { type Json, readableJson } from '../../../shared/json.ts';
import { type Form, type FormProblems, listOf, problemsOfIssues, textOf } from '../../platform/web/form.ts';
import type { ArgsFields } from './args-fields.ts';
import { argsFromForm, defaultArgsForm, formFromArgs } from './args-form.ts';

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

/** The form that shows a task as it is. */
export function formOfTask(task: Task, fields: ArgsFields | undefined): Form {
  const args = fields === undefined ? undefined : formFromArgs(fields, task.args);
  return {
    name: task.name,
    owner: task.owner,
    plugin: task.plugin,
    action: task.action,
    type: task.type,
    cron: task.cron ?? '',
    timeZone: task.timeZone ?? '',
    everySeconds: task.everySeconds === null ? '' : String(task.everySeconds),
    env: Object.entries(task.env)
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
    version: String(task.version),
    ...formOfPolicy(task.policy),
    ...(args ?? { argsMode: 'json', argsJson: readableJson(task.args) }),
  };
}

/** A form for a new task, with every default filled in. */
export const freshForm = (given: Form, fields: ArgsFields | undefined): Form => ({
  owner: 'Anyone',
  type: 'Adhoc',
  ...formOfPolicy(policy.parse({})),
  ...(fields === undefined ? {} : defaultArgsForm(fields)),
  ...given,
});

/** The same arguments in the other way of writing them; a form that cannot be read stays as it is. */
export function switchArgs(form: Form, fields: ArgsFields | undefined, mode: 'json' | 'fields'): Form {
  if (fields === undefined) return form;
  if (mode === 'json') return { ...form, argsMode: 'json', argsJson: readableJson(argsFromForm(fields, form).args) };
  const { args, problems } = argsFromJson(form);
  const shown = Object.keys(problems).length > 0 ? undefined : formFromArgs(fields, args);
  return shown === undefined ? form : { ...form, ...shown, argsMode: 'fields' };
}

export const isJsonMode = (form: Form): boolean => textOf(form, 'argsMode') === 'json';

const numbers = ['graceSeconds', 'outputLimitBytes'] as const;
const durations = ['timeoutSeconds', 'everySeconds'] as const;
const texts = ['name', 'cron', 'timeZone'] as const;
const retryNumbers = ['count', 'delaySeconds', 'factor', 'capSeconds', 'jitter'] as const;

/** Empty inputs are left out, so that the defaults of `taskInput` hold; what is not a number is passed on as text for its check to refuse. */
function plainInputs(form: Form): Record<string, unknown> {
  const type = textOf(form, 'type');
  const given = (key: string): string | undefined => textOf(form, key).trim() || undefined;
  const numeric = (key: string): unknown => {
    const text = given(key);
    return text === undefined || !Number.isFinite(Number(text)) ? text : Number(text);
  };
  const schedule = { cron: type === 'Scheduled', timeZone: type === 'Scheduled', everySeconds: type === 'Interval' };
  const wanted = (key: string): boolean => schedule[key as keyof typeof schedule] ?? true;
  return withoutUndefined({
    owner: given('owner'),
    plugin: given('plugin'),
    action: given('action'),
    type,
    ifOffline: given('ifOffline'),
    overlap: given('overlap'),
    expiresAfter: given('expiresAfter'),
    idempotent: textOf(form, 'idempotent') === 'on',
    ...Object.fromEntries(texts.filter(wanted).map((key) => [key, given(key)])),
    ...Object.fromEntries(numbers.map((key) => [key, numeric(key)])),
    ...Object.fromEntries(durations.filter(wanted).map((key) => [key, parseDuration(given(key) ?? '') ?? numeric(key)])),
    retries: withoutUndefined({
      ...Object.fromEntries(retryNumbers.map((key) => [key, numeric(`retries.${key}`)])),
      on: listOf(form, 'retries.on'),
    }),
  });
}

function argsFromJson(form: Form): { args: Json; problems: Record<string, string> } {
  const text = textOf(form, 'argsJson').trim();
  try {
    return { args: text === '' ? {} : (JSON.parse(text) as Json), problems: {} };
  } catch (error) {
    return { args: {}, problems: { argsJson: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` } };
  }
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

function formOfPolicy({ retries, idempotent, ...rest }: Task['policy']): Form {
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, String(value)])),
    ...Object.fromEntries(retryNumbers.map((key) => [`retries.${key}`, String(retries[key])])),
    'retries.on': [...retries.on],
    ...(idempotent ? { idempotent: 'on' } : {}),
  };
}

/** A problem deep inside a value is shown at the input that holds the value. */
export const shownAt = (key: string): string =>
  key.startsWith('env.') ? 'env' : key.startsWith('retries.on.') ? 'retries.on' : key;

const withoutUndefined = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
