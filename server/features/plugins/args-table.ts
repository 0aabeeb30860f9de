import { type Json, readableJson } from '../../../shared/json.ts';

/** One argument of an action, in words. */
export type ArgRow = {
  /** where it stands in the arguments: `release`, `health.url`, `statements[].sql`, or `2.` for the second by position */
  readonly name: string;
  /** how many names stand above it */
  readonly depth: number;
  readonly title: string | null;
  readonly type: string;
  readonly required: boolean;
  /** as JSON; null: there is none */
  readonly fallback: string | null;
  readonly about: string | null;
  /** `1 to 50`, `at least 1 character`, … */
  readonly limits: readonly string[];
  readonly example: string | null;
};

type Schema = Readonly<Record<string, unknown>>;

const deepest = 3;
const mostRows = 200;
const longestValue = 200;

/** What an action takes, as rows of a table; undefined: the schema says nothing that a table could. What must be given comes first. */
export function argRowsOf(schema: unknown): ArgRow[] | undefined {
  if (!isSchema(schema)) return undefined;
  const rows = Array.isArray(schema.prefixItems) ? positional(schema) : propertiesOf(schema, '', 0);
  return rows.length === 0 && schema.additionalProperties !== false ? undefined : rows.slice(0, mostRows);
}

function positional(schema: Schema): ArgRow[] {
  const least = typeof schema.minItems === 'number' ? schema.minItems : 0;
  return (schema.prefixItems as unknown[]).flatMap((item, at) => rowsOf(`${at + 1}.`, asSchema(item), at < least, 0));
}

function propertiesOf(schema: Schema, above: string, depth: number): ArgRow[] {
  const properties = Object.entries(asSchema(schema.properties));
  const required = Array.isArray(schema.required) ? schema.required : [];
  const first = properties.filter(([name]) => required.includes(name));
  const rest = properties.filter(([name]) => !required.includes(name));
  return [...first, ...rest].flatMap(([name, property]) =>
    rowsOf(above + name, asSchema(property), required.includes(name), depth),
  );
}

function rowsOf(name: string, schema: Schema, required: boolean, depth: number): ArgRow[] {
  const example = Array.isArray(schema.examples) ? schema.examples[0] : undefined;
  const row: ArgRow = {
    name,
    depth,
    title: isSaid(name, schema.title) ? null : textIn(schema.title),
    type: typeWords(schema),
    required,
    fallback: 'default' in schema ? valueText(schema.default) : null,
    about: textIn(schema.description),
    limits: limitsOf(schema),
    example: example === undefined ? null : valueText(example),
  };
  if (depth >= deepest) return [row];
  const items = asSchema(schema.items);
  return [row, ...propertiesOf(schema, `${name}.`, depth + 1), ...propertiesOf(items, `${name}[].`, depth + 1)];
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'object',
  array: 'list',
  null: 'null',
};

function typeWords(schema: Schema): string {
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.map(valueText).join(', ')}`;
  if ('const' in schema) return valueText(schema.const);
  const alternatives = [schema.anyOf, schema.oneOf].find((list) => Array.isArray(list)) as unknown[] | undefined;
  if (alternatives !== undefined && schema.type === undefined)
    return [...new Set(alternatives.map((each) => typeWords(asSchema(each))))].join(' or ');
  const types = [schema.type].flat().filter((type) => typeof type === 'string');
  if (types.length === 0) return isSchema(schema.properties) ? 'object' : 'anything';
  return types
    .map((type) => {
      const one = words[type] ?? type;
      if (type === 'array' && isSchema(schema.items)) return `list of ${typeWords(schema.items)}`;
      return type === 'string' && schema.writeOnly === true ? `${one}, kept secret` : one;
    })
    .join(' or ');
}

function limitsOf(schema: Schema): string[] {
  const between = (least: unknown, most: unknown, unit: string): string[] => {
    const counted = (value: number): string => (unit === '' ? String(value) : `${value} ${unit}${value === 1 ? '' : 's'}`);
    if (typeof least === 'number' && typeof most === 'number') return [`${least} to ${counted(most)}`];
    if (typeof least === 'number') return least === 0 && unit !== '' ? [] : [`at least ${counted(least)}`];
    return typeof most === 'number' ? [`at most ${counted(most)}`] : [];
  };
  return [
    ...between(schema.minimum, schema.maximum, ''),
    ...(typeof schema.exclusiveMinimum === 'number' ? [`more than ${schema.exclusiveMinimum}`] : []),
    ...(typeof schema.exclusiveMaximum === 'number' ? [`less than ${schema.exclusiveMaximum}`] : []),
    ...between(schema.minLength, schema.maxLength, 'character'),
    ...between(schema.minItems, schema.maxItems, 'item'),
    ...(typeof schema.pattern === 'string' ? [`matches ${cut(schema.pattern)}`] : []),
    ...(typeof schema.format === 'string' ? [schema.format] : []),
    ...(schema.uniqueItems === true ? ['each once'] : []),
  ];
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const asSchema = (value: unknown): Schema => (isSchema(value) ? value : {});
const textIn = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const cut = (text: string): string => (text.length > longestValue ? `${text.slice(0, longestValue).toWellFormed()}…` : text);

/** `Health URL` tells nothing beside `health_url`. */
const isSaid = (name: string, title: unknown): boolean =>
  lettersOf(name.split('.').at(-1) ?? '') === lettersOf(textIn(title) ?? '');
const lettersOf = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** One line of JSON. */
const valueText = (value: unknown): string => cut(JSON.stringify(value) ?? '');

/** An example as somebody would write it in a task: short ones in one line. */
export function exampleText(example: unknown): string {
  const line = JSON.stringify(example) ?? '';
  return line.length <= 100 ? line : readableJson(example as Json);
}
