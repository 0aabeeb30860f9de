import type { OwnerPreview } from '../../../shared/api/agents.ts';
import type { PluginSummary, PluginVersion } from '../../../shared/api/plugins.ts';
import type { Task } from '../../../shared/api/tasks.ts';
import { type Form, type FormProblems, textOf } from '../../platform/web/form.ts';
import type { ArgsFields } from './args-fields.ts';
import { defaultArgsForm } from './args-form.ts';
import { isJsonMode, shownAt } from './task-form.ts';
import { envField, jsonArgsField, policyFields, scheduleFields } from './task-form-fields.ts';

export type TaskFormShown = {
  readonly form: Form;
  readonly problems: FormProblems | null;
  /** that is edited; null: a new one is made */
  readonly task: Task | null;
};

/** What the owner that was typed reaches now, or why it reaches nothing. */
export type OwnerShown = { readonly preview: OwnerPreview | null; readonly problem: string | null };

/** What `views/task-form.ejs` draws. */
export function taskFormData(
  { form, problems, task }: TaskFormShown,
  plugin: PluginSummary,
  fields: ArgsFields | undefined,
  owner: OwnerShown,
  versions: readonly PluginVersion[],
): Readonly<Record<string, unknown>> {
  return {
    task,
    plugin,
    owner,
    action: plugin.actions[textOf(form, 'action')],
    argsFields: fields === undefined || isJsonMode(form) ? null : fields.fields,
    canSwitch: fields !== undefined && fields.fields.length > 0,
    moreArgs: hasMoreArgs(form, problems, fields),
    jsonArgsField,
    scheduleFields,
    policyFields: policyFields.map((field) =>
      field.key === 'pluginVersion'
        ? { ...field, suggestions: versions.map((version) => suggestionOf(version, versions)) }
        : field,
    ),
    pinned: versions.find(({ sha256, current }) => sha256 === plugin.sha256 && !current),
    envField,
    values: form,
    problems: problems === null ? null : placedProblems(problems, fields),
  };
}

/** By its version where no other is called so. */
function suggestionOf({ version, sha256, current }: PluginVersion, all: readonly PluginVersion[]) {
  const isAlone = all.filter((other) => other.version === version).length === 1;
  return { value: isAlone ? version : sha256.slice(0, 12), label: `${version}${current ? ', current' : ''}` };
}

/** Whether something behind the fold of further arguments is wrong, or is not what the plugin would take by itself. */
function hasMoreArgs(form: Form, problems: FormProblems | null, fields: ArgsFields | undefined): boolean {
  if (fields === undefined) return false;
  const usual = defaultArgsForm(fields);
  return fields.fields.some(
    ({ prominent, key }) => !prominent && (problems?.fields[key] !== undefined || textOf(form, key) !== textOf(usual, key)),
  );
}

function placedProblems(problems: FormProblems, fields: ArgsFields | undefined): FormProblems {
  const places = new Set(
    [...(fields?.fields ?? []), ...scheduleFields, ...policyFields, envField, jsonArgsField].map(({ key }) => key),
  );
  const placed = Object.entries(problems.fields).map(([key, text]) => [placeOf(shownAt(key), places), text]);
  return { summary: problems.summary, fields: Object.fromEntries(placed) };
}

/** `args.tags.0` is shown at `args.tags`; what has no input of its own is shown at the arguments as a whole. */
function placeOf(key: string, places: ReadonlySet<string>): string {
  const parts = key.split('.');
  for (let length = parts.length; length > 0; length -= 1) {
    const place = parts.slice(0, length).join('.');
    if (places.has(place)) return place;
  }
  return parts[0] === 'args' ? 'argsJson' : key;
}
