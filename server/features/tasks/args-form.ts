import { type Json, readableJson } from '../../../shared/json.ts';
import { type Form, textOf } from '../../platform/web/form.ts';
import type { ArgsField, ArgsFields } from './args-fields.ts';

export type ArgsRead = { readonly args: Json; readonly problems: Readonly<Record<string, string>> };

/**
 * The arguments that a posted form means. An input left empty is an argument not given, so that the plugin's own default holds; what the
 * schema says about values is checked by the service, and here only what could not even be read.
 */
export function argsFromForm({ shape, fields }: ArgsFields, form: Form): ArgsRead {
  const problems: Record<string, string> = {};
  const given = new Map<string, Json>();
  for (const field of fields) {
    const read = readField(field, form);
    if ('problem' in read) problems[field.key] = read.problem;
    else if (read.value !== undefined) given.set(field.name, read.value);
    else if (field.required) problems[field.key] = 'Fill this in.';
  }
  return { args: shape === 'object' ? Object.fromEntries(given) : positional(fields, given), problems };
}

/** Form values that show these arguments, or undefined when the form has no place for some of them: then they are shown as JSON. */
export function formFromArgs({ shape, fields }: ArgsFields, args: Json): Form | undefined {
  if (typeof args !== 'object' || args === null || Array.isArray(args) !== (shape === 'array')) return undefined;
  const values = Object.entries(args) as [string, Json][];
  // a switch that is on by default says "no" when it is off, so one that was not given must be shown as on
  const form: Form = Object.fromEntries(
    fields.flatMap((field) => (field.kind === 'switch' && field.fallback === true ? [[field.key, 'on']] : [])),
  );
  for (const [name, value] of values) {
    const field = fields.find((candidate) => candidate.name === name);
    const text = field === undefined ? undefined : textFor(field, value);
    if (field === undefined || text === undefined) return undefined;
    form[field.key] = text;
  }
  return form;
}

/** What a fresh form shows: the schema's defaults. */
export const defaultArgsForm = ({ fields }: ArgsFields): Form =>
  Object.fromEntries(
    fields.flatMap((field) => (field.fallback === undefined ? [] : [[field.key, textFor(field, field.fallback) ?? '']])),
  );

type FieldRead = { readonly value: Json | undefined } | { readonly problem: string };

function readField(field: ArgsField, form: Form): FieldRead {
  const text = textOf(form, field.key);
  switch (field.kind) {
    case 'switch':
      if (text === 'on') return { value: true };
      // an unchecked box is not sent at all: it says "no" where that differs from saying nothing
      return { value: field.required || field.fallback === true ? false : undefined };
    case 'choice':
    case 'json':
      return text.trim() === '' ? { value: undefined } : readJson(text);
    case 'number':
      return text.trim() === '' ? { value: undefined } : readScalar(field.type, text.trim());
    case 'list': {
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      if (lines.length === 0) return { value: undefined };
      const items = lines.map((line) => readScalar(field.type, field.type === 'string' ? line : line.trim()));
      const bad = items.find((item) => 'problem' in item);
      return bad ?? { value: items.map((item) => ('value' in item ? (item.value ?? null) : null)) };
    }
    default:
      return { value: text === '' ? undefined : text };
  }
}

function readScalar(type: ArgsField['type'], text: string): FieldRead {
  if (type === 'string') return { value: text };
  if (type === 'boolean')
    return text === 'true' || text === 'false' ? { value: text === 'true' } : { problem: 'Use true or false.' };
  const value = Number(text);
  if (!Number.isFinite(value)) return { problem: `${text} is not a number.` };
  return type === 'integer' && !Number.isInteger(value) ? { problem: 'Use a whole number.' } : { value };
}

function readJson(text: string): FieldRead {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { problem: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Arguments by position: those left out at the end are not sent, those left out in between are null. */
function positional(fields: readonly ArgsField[], given: ReadonlyMap<string, Json>): Json[] {
  const last = fields.findLastIndex((field) => given.has(field.name));
  return fields.slice(0, last + 1).map((field) => given.get(field.name) ?? null);
}

function textFor(field: ArgsField, value: Json): string | undefined {
  switch (field.kind) {
    case 'switch':
      return value === true ? 'on' : value === false ? '' : undefined;
    case 'json':
      return readableJson(value);
    case 'choice':
      return field.choices?.some((choice) => choice.value === JSON.stringify(value)) ? JSON.stringify(value) : undefined;
    case 'number':
      return typeof value === 'number' ? String(value) : undefined;
    case 'list':
      return Array.isArray(value) && value.every((item) => typeof item !== 'object' && !String(item).includes('\n'))
        ? value.join('\n')
        : undefined;
    default:
      return typeof value === 'string' ? value : undefined;
  }
}
