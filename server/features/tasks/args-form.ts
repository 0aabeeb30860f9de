import type { Json } from '../../../shared/json.ts';
import { describeJsonFault } from '../../platform/text/json-fault.ts';
import { type Form, listOf, textOf } from '../../platform/web/form.ts';
import type { ArgsField, ArgsFields, ArgsGroup, ArgsMap } from './args-fields.ts';
import type { ArgsLeaf } from './args-leaf.ts';

export type ArgsRead = {
  readonly args: Json;
  readonly problems: Readonly<Record<string, string>>;
  /** some of the problems are texts that could not be read; the others are inputs left empty */
  readonly unreadable: boolean;
};

/** Where the form holds the name of the secret that stands in place of an argument. */
export const secretKey = (field: Pick<ArgsLeaf, 'key'>): string => `${field.key}.$secret`;

/** Whether a group that may be left out is given. */
export const isGiven = ({ key, required }: Pick<ArgsGroup, 'key' | 'required'>, form: Form): boolean =>
  required || listOf(form, key).includes('on');

export const missing = 'Fill this in.';

/**
 * The arguments that a posted form means. An input left empty is an argument not given, so that the plugin's own default holds; what the
 * schema says about values is checked by the service, and here only what could not even be read.
 */
export function argsFromForm({ shape, fields }: ArgsFields, form: Form): ArgsRead {
  const problems: Record<string, string> = {};
  const given = readAll(fields, form, problems);
  return {
    args: shape === 'object' ? Object.fromEntries(given) : positional(fields, given),
    problems,
    unreadable: Object.values(problems).some((problem) => problem !== missing),
  };
}

type Problems = Record<string, string>;

function readAll(fields: readonly ArgsField[], form: Form, problems: Problems): Map<string, Json> {
  const given = new Map<string, Json>();
  for (const field of fields) {
    const value = readField(field, form, problems);
    if (value !== undefined) given.set(field.name, value);
    else if (field.required) problems[field.key] ??= missing;
  }
  return given;
}

/** Undefined: not given, or not readable, which is then among the problems. */
function readField(field: ArgsField, form: Form, problems: Problems): Json | undefined {
  if (field.kind === 'group') return isGiven(field, form) ? Object.fromEntries(readAll(field.fields, form, problems)) : undefined;
  const rows = field.kind === 'rows' || field.kind === 'map' ? listOf(form, field.key) : [];
  if (field.kind === 'map') return readMap(field, rows, form, problems);
  if (field.kind === 'rows') {
    const items = rows.map((row) => {
      const item = field.itemAt(row);
      const value = readField(item, form, problems);
      if (value === undefined) problems[item.key] ??= missing;
      return value ?? null;
    });
    return items.length > 0 || field.required ? items : undefined;
  }
  const read = readLeaf(field, form);
  if ('value' in read) return read.value;
  problems[field.key] = read.problem;
  return undefined;
}

function readMap(field: ArgsMap, rows: readonly string[], form: Form, problems: Problems): Json | undefined {
  const given = new Map<string, Json>();
  for (const row of rows) {
    const name = textOf(form, field.nameKey(row));
    const valueField = field.valueAt(row);
    const value = readField(valueField, form, problems);
    // a row that nobody filled in
    if (name === '' && value === undefined && problems[valueField.key] === undefined) continue;
    if (name === '') problems[field.nameKey(row)] = missing;
    else if (given.has(name)) problems[field.nameKey(row)] = 'This name stands there twice.';
    // an empty text is a value like any other here: the row is there
    else if (value !== undefined) given.set(name, value);
    else if (valueField.kind === 'text') given.set(name, '');
    else problems[valueField.key] ??= missing;
  }
  return given.size > 0 || field.required ? Object.fromEntries(given) : undefined;
}

type LeafRead = { readonly value: Json | undefined } | { readonly problem: string };

function readLeaf(field: ArgsLeaf, form: Form): LeafRead {
  const text = textOf(form, field.key);
  const secret = field.mayBeSecret ? textOf(form, secretKey(field)).trim() : '';
  if (secret !== '')
    return text === '' ? { value: { $secret: secret } } : { problem: 'Give a value or the name of a secret, not both.' };
  switch (field.kind) {
    case 'switch': {
      const marks = listOf(form, field.key);
      if (marks.includes('on')) return { value: true };
      // an unchecked box is not sent at all: it says "no" where that differs from saying nothing
      return { value: field.required || field.fallback === true || marks.includes('off') ? false : undefined };
    }
    case 'choices': {
      const known = field.choices?.map((choice) => choice.value);
      const values = listOf(form, field.key).filter((value) => known?.includes(value));
      return { value: values.length > 0 || field.required ? values.map((value) => JSON.parse(value) as Json) : undefined };
    }
    case 'choice':
    case 'json':
      return text.trim() === '' ? { value: undefined } : readJson(text);
    case 'value':
      return readValue(text);
    case 'number':
      return text.trim() === '' ? { value: undefined } : readScalar(field.type, text.trim());
    case 'list': {
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      if (lines.length === 0) return { value: field.required ? [] : undefined };
      const items = lines.map((line) => readScalar(field.type, field.type === 'string' ? line : line.trim()));
      const bad = items.find((item) => 'problem' in item);
      return bad ?? { value: items.map((item) => ('value' in item ? (item.value ?? null) : null)) };
    }
    default:
      return { value: text === '' ? undefined : text };
  }
}

function readScalar(type: ArgsLeaf['type'], text: string): LeafRead {
  if (type === 'string') return { value: text };
  if (type === 'boolean')
    return text === 'true' || text === 'false' ? { value: text === 'true' } : { problem: 'Use true or false.' };
  const value = Number(text);
  if (!Number.isFinite(value)) return { problem: `${text} is not a number.` };
  return type === 'integer' && !Number.isInteger(value) ? { problem: 'Use a whole number.' } : { value };
}

export function readJson(text: string): { readonly value: Json } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return { problem: describeJsonFault(text) };
  }
}

/** What is no JSON is a text, unless it looks as if it should be some. */
export function readValue(text: string): LeafRead {
  if (text === '') return { value: undefined };
  const read = readJson(text);
  return 'value' in read || /^\s*["[{]/.test(text) ? read : { value: text };
}

/** Arguments by position: those left out at the end are not sent, those left out in between are null. */
function positional(fields: readonly ArgsField[], given: ReadonlyMap<string, Json>): Json[] {
  const last = fields.findLastIndex((field) => given.has(field.name));
  return fields.slice(0, last + 1).map((field) => given.get(field.name) ?? null);
}
