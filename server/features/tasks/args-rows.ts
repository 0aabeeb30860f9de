import { type Form, listOf } from '../../platform/web/form.ts';
import type { ArgsField, ArgsMap, ArgsRows } from './args-fields.ts';
import { defaultArgsForm } from './args-shown.ts';

/** A form with its rows numbered from 0 in their order, as the problems of the arguments name them, and every switch as one word. */
export function tidyRows(fields: readonly ArgsField[], form: Form): Form {
  return fields.reduce(tidyOne, form);
}

/** One more row at the end, with its defaults. Nothing happens where no rows are kept. */
export function withRow(fields: readonly ArgsField[], form: Form, key: string): Form {
  const field = rowsAt(fields, key);
  if (field === undefined) return form;
  const rows = listOf(form, key);
  const row = String(rows.length);
  const defaults = field.kind === 'rows' ? defaultArgsForm({ shape: 'array', fields: [field.itemAt(row)] }) : {};
  return { ...form, ...defaults, [key]: [...rows, row] };
}

export function withoutRow(fields: readonly ArgsField[], form: Form, key: string, row: string): Form {
  if (rowsAt(fields, key) === undefined) return form;
  const rows = listOf(form, key).filter((id) => id !== row);
  return tidyRows(fields, { ...withoutKeys(form, `${key}.${row}`), [key]: rows });
}

function tidyOne(form: Form, field: ArgsField): Form {
  if (field.kind === 'switch') {
    const marks = listOf(form, field.key);
    return marks.length < 2 ? form : { ...form, [field.key]: marks.includes('on') ? 'on' : 'off' };
  }
  if (field.kind === 'group') return tidyRows(field.fields, form);
  if (field.kind !== 'rows' && field.kind !== 'map') return form;
  const rows = listOf(form, field.key);
  if (rows.length === 0) return form;
  const moved: Record<string, string | string[]> = { ...withoutKeys(form, field.key) };
  const places = new Map(rows.map((row, index) => [row, index]));
  for (const [key, value] of Object.entries(form)) {
    const [, row = '', rest = ''] = /^\.([^.]*)(.*)$/s.exec(partBelow(key, field.key) ?? '') ?? [];
    const place = places.get(row);
    if (place !== undefined) moved[`${field.key}.${place}${rest}`] = value;
  }
  moved[field.key] = rows.map((_, index) => String(index));
  const inner = (index: number): ArgsField => (field.kind === 'rows' ? field.itemAt : field.valueAt)(String(index));
  return rows.reduce<Form>((tidied, _, index) => tidyOne(tidied, inner(index)), moved);
}

/** The field with rows of this key, which may stand in a row of another. */
function rowsAt(fields: readonly ArgsField[], key: string): ArgsRows | ArgsMap | undefined {
  for (const field of fields) {
    if ((field.kind === 'rows' || field.kind === 'map') && field.key === key) return field;
    if (partBelow(key, field.key) === undefined) continue;
    const row = /^\.([^.]*)/.exec(partBelow(key, field.key) ?? '')?.[1] ?? '';
    const inner = field.kind === 'group' ? field.fields : field.kind === 'rows' ? [field.itemAt(row)] : [];
    const found = rowsAt(inner, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

const withoutKeys = (form: Form, below: string): Form =>
  Object.fromEntries(Object.entries(form).filter(([key]) => partBelow(key, below) === undefined));

/** `.sql` of `args.statements.0.sql` below `args.statements.0`; '' for the key itself. */
const partBelow = (key: string, above: string): string | undefined =>
  key === above || key.startsWith(`${above}.`) ? key.slice(above.length) : undefined;
