import { z } from 'zod';
import { MusterError } from '../../../shared/errors.ts';
import type { Actor } from '../http/actor.ts';

/** A posted form as it came: names with dots stay flat (`retries.count`), a name that comes twice is a list. Meaning is given by the page. */
export const formBody = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
export type Form = z.infer<typeof formBody>;

/** One input of a form, drawn by the partial `field.ejs`. */
export type FormField = {
  /** name in the form, and where an error about it is shown */
  readonly key: string;
  readonly label: string;
  readonly kind: FieldKind;
  readonly help?: string;
  readonly required?: boolean;
  readonly placeholder?: string;
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  /** of a text: what may be typed, beside anything else */
  readonly suggestions?: readonly { readonly value: string; readonly label: string }[];
};
export type FieldKind = 'text' | 'password' | 'number' | 'multiline' | 'list' | 'json' | 'switch' | 'choice' | 'choices';

/** What is wrong with a form: a sentence for the whole, and one per field. */
export type FormProblems = { readonly summary: string; readonly fields: Readonly<Record<string, string>> };

/** Browsers send line ends as CRLF, which would break a shell script. */
export function textOf(form: Form, key: string): string {
  const value = form[key];
  return (Array.isArray(value) ? (value[0] ?? '') : (value ?? '')).replace(/\r\n?/g, '\n');
}

export function listOf(form: Form, key: string): readonly string[] {
  const value = form[key];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** Every non-empty part of a text that is separated by commas, spaces or line ends. */
export const wordsOf = (form: Form, key: string): readonly string[] =>
  textOf(form, key)
    .split(/[\s,]+/)
    .filter((word) => word !== '');

export function problemsOfIssues(issues: readonly z.core.$ZodIssue[]): FormProblems {
  // of several about one field the last is kept: checks of form come after those of length, and say more
  const fields = Object.fromEntries(issues.map((issue) => [issue.path.join('.'), issue.message]));
  const count = Object.keys(fields).length;
  return { summary: count === 1 ? 'One field needs a look.' : `${count} fields need a look.`, fields };
}

/** An error of the domain, shown in the form that caused it. Anything else is thrown on. */
export function problemsOfError(error: unknown): FormProblems {
  if (!(error instanceof MusterError) || error.code === 'internal') throw error;
  const { field, issues, column } = error.details;
  const own =
    field === undefined ? [] : [[field, column === undefined ? error.message : `${error.message} (column ${column})`] as const];
  return {
    summary: error.message,
    fields: Object.fromEntries([...own, ...(issues ?? []).map((issue) => [issue.field, issue.message] as const)]),
  };
}

/** The actor of a page that is not `open`. */
export function signedIn(request: { readonly actor: Actor | undefined }): Actor {
  if (request.actor === undefined) throw new MusterError('unauthenticated', 'Sign in first.');
  return request.actor;
}

/** The views beside a `x.pages.ts`: `viewsOf(import.meta.url)('task')` is `views/task.ejs`. */
export const viewsOf =
  (base: string) =>
  (name: string): string =>
    new URL(`./views/${name}.ejs`, base).href;
