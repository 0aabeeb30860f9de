import { readableJson } from '../../../shared/json.ts';
import { type Form, type FormProblems, textOf } from '../../platform/web/form.ts';
import type { ArgsFields } from './args-fields.ts';
import { argsFromForm, missing } from './args-form.ts';
import { withoutRow, withRow } from './args-rows.ts';
import { formFromArgs } from './args-shown.ts';
import { argsFromJson, isJsonMode, type TaskFormRead, taskOfForm } from './task-form.ts';

export type Redrawn = { readonly form: Form; readonly problems: FormProblems | null };

/**
 * What a button of the form that saves nothing makes of it; undefined: the button is none of these. Whatever was typed stays.
 *
 *   json, fields        the arguments in the other way of writing them
 *   add:KEY             one more row
 *   remove:KEY:ROW      one row less
 *   owner:ALL           the owner of a button
 *   preview, review     as it is, with what the page tells of it
 *   check               as it is, with what cannot be read
 */
export function redrawn(form: Form, fields: ArgsFields | undefined): Redrawn | undefined {
  const intent = textOf(form, 'intent');
  const [, verb = intent, key = '', row = ''] = /^(add|remove|owner):(.*?)(?::(\d+))?$/s.exec(intent) ?? [];
  const all = fields?.fields ?? [];
  switch (verb) {
    case 'json':
    case 'fields':
      return switchArgs(form, fields, verb);
    case 'add':
      return { form: withRow(all, form, key), problems: null };
    case 'remove':
      return { form: withoutRow(all, form, key, row), problems: null };
    case 'owner':
      return { form: { ...form, owner: key }, problems: null };
    case 'preview':
      return { form, problems: null };
    case 'check':
      return { form, problems: onlyUnreadable(taskOfForm(form, fields)) };
    case 'review':
      return { form, problems: problemsOf(taskOfForm(form, fields)) };
    default:
      return undefined;
  }
}

/**
 * The same arguments in the other way of writing them. What cannot be read, or has no place there, is told and stays as it was typed:
 * nothing is lost by switching.
 */
export function switchArgs(form: Form, fields: ArgsFields | undefined, mode: 'json' | 'fields'): Redrawn {
  if (fields === undefined || isJsonMode(form) === (mode === 'json')) return { form, problems: null };
  if (mode === 'json') {
    const { args, problems } = argsFromForm(fields, form);
    const unread = Object.entries(problems).filter(([, problem]) => problem !== missing);
    if (unread.length > 0)
      return {
        form,
        problems: { summary: 'This cannot be written as JSON before it can be read.', fields: Object.fromEntries(unread) },
      };
    return { form: { ...form, argsMode: 'json', argsJson: readableJson(args) }, problems: null };
  }
  const { args, problems } = argsFromJson(form);
  const stuck = (text: string): Redrawn => ({
    form,
    problems: { summary: 'One field needs a look.', fields: { argsJson: text } },
  });
  if (problems.argsJson !== undefined) return stuck(problems.argsJson);
  const shown = formFromArgs(fields, args);
  if ('form' in shown) return { form: { ...withoutArgs(form), ...shown.form, argsMode: 'fields' }, problems: null };
  return stuck(
    shown.stuckAt === 'args'
      ? 'The fields are for an object of named arguments; this can only be written as JSON.'
      : `The fields have no place for ${shown.stuckAt.replace(/^args\./, '')} as it stands here; it can only be written as JSON.`,
  );
}

/** What the fields held before the JSON was edited is not what they show now. */
const withoutArgs = (form: Form): Form => Object.fromEntries(Object.entries(form).filter(([key]) => !key.startsWith('args.')));

const problemsOf = (read: TaskFormRead): FormProblems | null => ('problems' in read ? read.problems : null);

/** While somebody writes, what is not yet there is no mistake. */
function onlyUnreadable(read: TaskFormRead): FormProblems | null {
  const fields = Object.entries(problemsOf(read)?.fields ?? {}).filter(
    ([key, text]) => key === 'argsJson' || (key.startsWith('args.') && text !== missing),
  );
  return fields.length === 0 ? null : { summary: 'One field needs a look.', fields: Object.fromEntries(fields) };
}
