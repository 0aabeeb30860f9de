import type { OwnerPreview } from '../../../shared/api/agents.ts';
import type { PluginSummary, PluginVersion } from '../../../shared/api/plugins.ts';
import { policy, type Task } from '../../../shared/api/tasks.ts';
import type { LinePatch } from '../../platform/text/line-patch.ts';
import { type Form, type FormField, type FormProblems, listOf, textOf } from '../../platform/web/form.ts';
import type { ArgsFields } from './args-fields.ts';
import { isGiven, secretKey } from './args-form.ts';
import { isTouched } from './args-shape.ts';
import { defaultArgsForm } from './args-shown.ts';
import { formOfPolicy, isJsonMode } from './task-form.ts';
import { envField, firingFields, jsonArgsField, type PolicyGroup, policyGroups, scheduleFields } from './task-form-fields.ts';
import { idOf, type PlacedProblems, placedProblems } from './task-form-problems.ts';

export type TaskFormShown = {
  readonly form: Form;
  readonly problems: FormProblems | null;
  /** that is edited; null: a new one is made */
  readonly task: Task | null;
  /** what saving would change, where that was asked for; null: it is too long to be told */
  readonly changes?: LinePatch | 'unreadable' | null;
};

/** What the owner that was typed reaches now, or why it reaches nothing. */
export type OwnerShown = { readonly preview: OwnerPreview | null; readonly problem: string | null };

/** What `views/task-form.ejs` draws. */
export function taskFormData(
  { form, problems, task, changes }: TaskFormShown,
  plugin: PluginSummary,
  fields: ArgsFields | undefined,
  owner: OwnerShown,
  versions: readonly PluginVersion[],
): Readonly<Record<string, unknown>> {
  const placed = problems === null ? null : placedProblems(problems, form, fields);
  return {
    task,
    plugin,
    owner,
    action: plugin.actions[textOf(form, 'action')],
    argsFields: fields === undefined || isJsonMode(form) ? null : fields.fields,
    canSwitch: fields !== undefined && fields.fields.length > 0,
    moreArgs: hasMoreArgs(form, placed, fields),
    jsonArgsField,
    scheduleFields,
    calendarOpen: isAnySet(scheduleFields.slice(3), form, {}, placed),
    firingFields,
    firingsOpen: isAnySet(firingFields, form, usualPolicy, placed),
    policyGroups: policyGroups.map((group) => groupShown(withSuggestions(group, versions), form, placed)),
    pinned: versions.find(({ sha256, current }) => sha256 === plugin.sha256 && !current),
    envField,
    values: form,
    problems: placed,
    changes,
    isGiven: (field: Parameters<typeof isGiven>[0]) => isGiven(field, form),
    rowsOf: (key: string) => listOf(form, key),
    secretKey,
    idOf,
  };
}

const usualPolicy: Form = formOfPolicy(policy.parse({}));

function withSuggestions(group: PolicyGroup, versions: readonly PluginVersion[]): PolicyGroup {
  const suggest = (field: FormField): FormField =>
    field.key === 'pluginVersion' ? { ...field, suggestions: versions.map((version) => suggestionOf(version, versions)) } : field;
  return { ...group, fields: group.fields.map(suggest) };
}

/** By its version where no other is called so. */
function suggestionOf({ version, sha256, current }: PluginVersion, all: readonly PluginVersion[]) {
  const isAlone = all.filter((other) => other.version === version).length === 1;
  return { value: isAlone ? version : sha256.slice(0, 12), label: `${version}${current ? ', current' : ''}` };
}

/** A group tells what in it is not as usual, and is open then. */
function groupShown({ title, about, fields }: PolicyGroup, form: Form, problems: PlacedProblems | null) {
  const changed = fields.filter((field) => differs(field, form, usualPolicy)).map((field) => shownValue(field, form));
  return {
    title,
    note: changed.length === 0 ? about : changed.join(', '),
    fields,
    isChanged: changed.length > 0,
    open: isAnySet(fields, form, usualPolicy, problems),
  };
}

function shownValue({ key, label, kind, choices }: FormField, form: Form): string {
  if (key === 'env')
    return textOf(form, key)
      .split('\n')
      .map((line) => line.split('=')[0])
      .join(' ')
      .slice(0, 80);
  if (kind === 'switch') return label;
  const words = listOf(form, key).map((value) => choices?.find((choice) => choice.value === value)?.label ?? value);
  return `${label}: ${words.join(', ').slice(0, 60) || 'none'}`;
}

const differs = ({ key }: FormField, form: Form, usual: Form): boolean =>
  listOf(form, key).filter(Boolean).join() !== listOf(usual, key).filter(Boolean).join();

const isAnySet = (fields: readonly FormField[], form: Form, usual: Form, problems: PlacedProblems | null): boolean =>
  fields.some((field) => problems?.fields[field.key] !== undefined || differs(field, form, usual));

/** Whether something behind the fold of further arguments is wrong, or is not what the plugin would take by itself. */
function hasMoreArgs(form: Form, problems: PlacedProblems | null, fields: ArgsFields | undefined): boolean {
  if (fields === undefined) return false;
  const usual = defaultArgsForm(fields);
  const wrong = Object.keys(problems?.fields ?? {});
  return fields.fields.some(
    (field) =>
      !field.prominent &&
      (isTouched(field, form, usual) || wrong.some((key) => key === field.key || key.startsWith(`${field.key}.`))),
  );
}
