import { type Json, readableJson } from '../../../shared/json.ts';
import type { Form } from '../../platform/web/form.ts';
import type { ArgsField, ArgsFields, ArgsMap } from './args-fields.ts';
import { readValue, secretKey } from './args-form.ts';
import type { ArgsLeaf } from './args-leaf.ts';

/**
 * Form values that show these arguments, or the argument for which the form has no place: then they are shown as JSON. What is shown reads
 * back as the same value (`args-form.ts`), so that nothing is lost by looking at it.
 */
export function formFromArgs({ shape, fields }: ArgsFields, args: Json): { readonly form: Form } | { readonly stuckAt: string } {
  if (typeof args !== 'object' || args === null || Array.isArray(args) !== (shape === 'array')) return { stuckAt: 'args' };
  try {
    const form: Record<string, string | string[]> = {};
    showAll(fields, Object.entries(args), 'args', form);
    return { form };
  } catch (error) {
    if (error instanceof NoPlace) return { stuckAt: error.key };
    throw error;
  }
}

/** What a fresh form shows: the schema's defaults. */
export function defaultArgsForm({ fields }: ArgsFields): Form {
  const form: Record<string, string | string[]> = {};
  const fill = (field: ArgsField): void => {
    // inside of a group that is not given too: they stand there when it is
    if (field.kind === 'group') field.fields.forEach(fill);
    if (field.fallback === undefined) return;
    const own: Record<string, string | string[]> = {};
    try {
      showOne(field, field.fallback, own);
      Object.assign(form, own);
    } catch (error) {
      if (!(error instanceof NoPlace)) throw error;
    }
  };
  fields.forEach(fill);
  return form;
}

class NoPlace extends Error {
  readonly key: string;
  constructor(key: string) {
    super(key);
    this.key = key;
  }
}

type Shown = Record<string, string | string[]>;

function showAll(fields: readonly ArgsField[], given: readonly (readonly [string, Json])[], key: string, form: Shown): void {
  // what was not given must not look as if it was: a switch that is on by default says "no" when it is off
  for (const field of fields) if (field.kind === 'switch' && field.fallback === true) form[field.key] = 'on';
  for (const [name, value] of given) {
    const field = fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw new NoPlace(`${key}.${name}`);
    showOne(field, value, form);
  }
}

function showOne(field: ArgsField, value: Json, form: Shown): void {
  if (field.kind === 'map') {
    showMap(field, value, form);
  } else if (field.kind === 'rows') {
    if (!Array.isArray(value) || (value.length === 0 && !field.required)) throw new NoPlace(field.key);
    form[field.key] = value.map((_, index) => String(index));
    for (const [index, item] of value.entries()) showOne(field.itemAt(String(index)), item, form);
  } else if (field.kind === 'group') {
    if (!isObject(value)) throw new NoPlace(field.key);
    if (!field.required) form[field.key] = 'on';
    showAll(field.fields, Object.entries(value), field.key, form);
  } else {
    showLeaf(field, value, form);
  }
}

function showLeaf(field: ArgsLeaf, value: Json, form: Shown): void {
  const secret = field.mayBeSecret ? secretIn(value) : undefined;
  const text = secret ?? textFor(field, value);
  if (text === undefined) throw new NoPlace(field.key);
  form[secret === undefined ? field.key : secretKey(field)] = text;
}

function showMap(field: ArgsMap, value: Json, form: Shown): void {
  const entries = isObject(value) && secretIn(value) === undefined ? Object.entries(value) : undefined;
  if (entries === undefined || (entries.length === 0 && !field.required)) throw new NoPlace(field.key);
  form[field.key] = entries.map((_, index) => String(index));
  for (const [index, [name, item]] of entries.entries()) {
    const valueField = field.valueAt(String(index));
    if (!isOneLine(name) || name === '') throw new NoPlace(field.key);
    form[field.nameKey(String(index))] = name;
    // an empty text in a row is one, elsewhere it is no value
    if (item === '' && valueField.kind === 'text') form[valueField.key] = '';
    else showOne(valueField, item, form);
  }
}

function textFor(field: ArgsLeaf, value: Json): string | string[] | undefined {
  switch (field.kind) {
    case 'switch':
      // `off`: no was said, and not nothing
      return value === true ? 'on' : value === false ? 'off' : undefined;
    case 'json':
      return readableJson(value);
    case 'choice':
      return field.choices?.some((choice) => choice.value === JSON.stringify(value)) ? JSON.stringify(value) : undefined;
    case 'choices':
      return choicesFor(field, value);
    case 'value':
      return valueFor(value);
    case 'number':
      return typeof value === 'number' && (field.type !== 'integer' || Number.isInteger(value)) ? String(value) : undefined;
    case 'list':
      return listFor(field, value);
    default:
      return typeof value === 'string' && value !== '' && !value.includes('\r') ? value : undefined;
  }
}

/** A text as it is, where that reads back as this text. */
function valueFor(value: Json): string {
  if (typeof value !== 'string' || value.includes('\r')) return JSON.stringify(value);
  const read = readValue(value);
  return 'value' in read && read.value === value ? value : JSON.stringify(value);
}

function listFor(field: ArgsLeaf, value: Json): string | undefined {
  if (!Array.isArray(value) || (value.length === 0 && !field.required)) return undefined;
  const wanted = field.type === 'integer' ? 'number' : field.type;
  const fits = (item: Json): boolean =>
    typeof item === wanted &&
    isOneLine(String(item)) &&
    String(item).trim() !== '' &&
    (field.type !== 'integer' || Number.isInteger(item));
  return value.every(fits) ? value.join('\n') : undefined;
}

/** In the order of the choices they are read back. */
function choicesFor(field: ArgsLeaf, value: Json): string[] | undefined {
  if (!Array.isArray(value) || (value.length === 0 && !field.required)) return undefined;
  const texts = value.map((item) => JSON.stringify(item));
  const inOrder = (field.choices ?? []).map((choice) => choice.value).filter((text) => texts.includes(text));
  return inOrder.join() === texts.join() ? texts : undefined;
}

function secretIn(value: Json): string | undefined {
  const isReference = isObject(value) && Object.keys(value).length === 1 && typeof value.$secret === 'string';
  return isReference && value.$secret !== '' ? (value.$secret as string) : undefined;
}

const isObject = (value: Json): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isOneLine = (text: string): boolean => !/[\r\n]/.test(text);
