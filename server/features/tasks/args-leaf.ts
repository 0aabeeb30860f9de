import type { Json } from '../../../shared/json.ts';
import type { FieldKind, FormField } from '../../platform/web/form.ts';

export type Schema = Readonly<Record<string, unknown>>;

/** An argument of one input. `value`: anything, as JSON, and what is no JSON is text. */
export type ArgsLeaf = Omit<FormField, 'kind' | 'help' | 'required'> & {
  readonly kind: FieldKind | 'value';
  /** key of the object, or position in the array */
  readonly name: string;
  /** of a list: the type of its items */
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'any';
  readonly help: string;
  readonly required: boolean;
  readonly fallback: Json | undefined;
  /** shown at once; the others wait behind a fold */
  readonly prominent: boolean;
  /** a reference to a secret may stand in its place */
  readonly mayBeSecret: boolean;
};

export function leafOf(key: string, name: string, schema: Schema, required: boolean): ArgsLeaf {
  const type = typeOf(schema);
  const kind = kindOf(name, schema, type);
  const items = schemaOf(asSchema(schema.items));
  const example = Array.isArray(schema.examples) ? schema.examples[0] : undefined;
  const choices = choicesOf(kind === 'choices' ? items : schema);
  return {
    key,
    name,
    label: labelOf(name, schema),
    kind,
    type:
      kind === 'list'
        ? plainType(typeOf(items))
        : ['json', 'choice', 'choices', 'value'].includes(kind)
          ? 'any'
          : plainType(type),
    required,
    fallback: 'default' in schema ? (schema.default as Json) : undefined,
    prominent: true,
    mayBeSecret: kind === 'text' || kind === 'password' || kind === 'multiline' || kind === 'value',
    help: [typeof schema.description === 'string' ? schema.description : '', hintOf(kind, schema)]
      .filter((part) => part !== '')
      .join(' '),
    ...(example === undefined ? {} : { placeholder: typeof example === 'string' ? example : JSON.stringify(example) }),
    ...(kind === 'choice' || kind === 'choices' ? { choices } : {}),
  };
}

export const labelOf = (name: string, schema: Schema): string =>
  typeof schema.title === 'string' ? schema.title : /^\d+$/.test(name) ? `Argument ${Number(name) + 1}` : humanize(name);

/**
 * The same schema as simply as it can be said: without `null` beside another type, and with alternatives that are each one value as an
 * enumeration.
 */
export function schemaOf(schema: Schema): Schema {
  const alternatives = [schema.oneOf, schema.anyOf].find((list) => Array.isArray(list))?.map(asSchema) as Schema[] | undefined;
  if (alternatives === undefined) {
    const type = typeOf(schema);
    return Array.isArray(schema.type) && type !== 'any' ? { ...schema, type } : schema;
  }
  const some = alternatives.filter(({ type }) => type !== 'null');
  const { oneOf: _, anyOf: __, ...rest } = schema;
  if (some.length === 1) return schemaOf({ ...some[0], ...rest });
  if (some.length > 0 && some.every((each) => 'const' in each))
    return { ...rest, enum: some.map((each) => each.const), enumTitles: some.map(({ title }) => title) };
  return schema;
}

export const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
export const asSchema = (value: unknown): Schema => (isSchema(value) ? value : {});

function kindOf(name: string, schema: Schema, type: string): ArgsLeaf['kind'] {
  if (Array.isArray(schema.enum) || 'const' in schema) return 'choice';
  if (type === 'boolean') return 'switch';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'array') {
    const items = schemaOf(asSchema(schema.items));
    if (Array.isArray(items.enum) && schema.uniqueItems === true) return 'choices';
    return plainType(typeOf(items)) === 'any' || Array.isArray(items.enum) ? 'json' : 'list';
  }
  if (type === 'any' && takesText(schema)) return 'value';
  if (type !== 'string') return 'json';
  if (schema.format === 'password') return 'password';
  const long = typeof schema.maxLength === 'number' && schema.maxLength > 10_000;
  // a key or a certificate is a secret of many lines; what is typed into a password field has one
  if (schema.writeOnly === true) return long && /key|cert|pem/i.test(name) ? 'multiline' : 'password';
  return schema.format === 'multiline' ||
    schema.format === 'textarea' ||
    'contentMediaType' in schema ||
    long ||
    manyLines.test(name)
    ? 'multiline'
    : 'text';
}

/** Arguments of these names hold whole texts in practice, whatever their schema leaves unsaid. */
const manyLines = /^(script|code|content|contents|body|text|sql|query|stdin)$/i;

/** Whether a text is one of several things that may be given. */
const takesText = (schema: Schema): boolean =>
  [schema.type].flat().includes('string') ||
  [schema.anyOf, schema.oneOf].some(
    (list) => Array.isArray(list) && list.map(asSchema).some(({ type }) => [type].flat().includes('string')),
  );

function choicesOf(schema: Schema): { value: string; label: string }[] {
  const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : [];
  const titles = Array.isArray(schema.enumTitles) ? schema.enumTitles : [];
  return values.map((value, index) => ({
    value: JSON.stringify(value),
    label: typeof titles[index] === 'string' ? (titles[index] as string) : String(value),
  }));
}

function hintOf(kind: ArgsLeaf['kind'], schema: Schema): string {
  const { minimum: least, maximum: most } = schema;
  if (kind === 'list') return 'One per line.';
  if (kind === 'json') return 'As JSON.';
  if (kind === 'value') return 'A text, or JSON.';
  if (kind === 'number' && least !== undefined && most !== undefined) return `From ${least} to ${most}.`;
  if (kind === 'number' && least !== undefined) return `At least ${least}.`;
  if (kind === 'number' && most !== undefined) return `At most ${most}.`;
  return '';
}

/** The type that counts: of `["string", "null"]` the one that is not null. */
function typeOf(schema: Schema): string {
  const types = Array.isArray(schema.type) ? schema.type.filter((type) => type !== 'null') : [schema.type];
  return types.length === 1 && typeof types[0] === 'string' ? types[0] : 'any';
}

const plainType = (type: string): ArgsLeaf['type'] =>
  type === 'string' || type === 'number' || type === 'integer' || type === 'boolean' ? type : 'any';

/** `expectStatus`, `expect_status` → `Expect status` */
function humanize(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return sentence.replace(/\b(url|http|sql|id|json|ssh|cpu|tls)\b/gi, (word) => word.toUpperCase());
}
