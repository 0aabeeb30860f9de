import type { Json } from '../../../shared/json.ts';
import type { FieldKind, FormField } from '../../platform/web/form.ts';

/** One argument of an action as the form draws it. */
export type ArgsField = FormField & {
  /** key of the object, or position in the array */
  readonly name: string;
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'any';
  /** of a list: the type of its items */
  readonly required: boolean;
  readonly fallback: Json | undefined;
  /** shown at once; the others wait behind a fold */
  readonly prominent: boolean;
};

export type ArgsFields = { readonly shape: 'object' | 'array'; readonly fields: readonly ArgsField[] };

type Schema = Readonly<Record<string, unknown>>;

/**
 * The fields that an action's JSON Schema describes, or undefined when a form cannot say it (no schema, anything but an object with named
 * properties or an array with `prefixItems`): then the arguments are written as JSON.
 *
 * A stored manifest is canonical JSON, which sorts the properties by name; so what must be given comes first, then what may be.
 */
export function argsFieldsOf(schema: Schema | undefined): ArgsFields | undefined {
  if (schema === undefined) return undefined;
  const required = namesIn(schema.required);
  if (isSchema(schema.properties)) {
    const names = Object.keys(schema.properties);
    if (names.length === 0) return schema.additionalProperties === false ? { shape: 'object', fields: [] } : undefined;
    const properties = schema.properties;
    const prominent = [...new Set([...required, ...alternativesOf(schema)])].filter((name) => names.includes(name));
    const order = [...prominent, ...names.filter((name) => !prominent.includes(name))];
    const fields = order.map((name) => ({
      ...fieldOf(name, asSchema(properties[name]), required.includes(name)),
      prominent: prominent.length === 0 || prominent.includes(name),
    }));
    return { shape: 'object', fields };
  }
  if (Array.isArray(schema.prefixItems) && schema.prefixItems.length > 0) {
    const least = typeof schema.minItems === 'number' ? schema.minItems : 0;
    return {
      shape: 'array',
      fields: schema.prefixItems.map((item, index) => ({
        ...fieldOf(String(index), asSchema(item), index < least),
        prominent: true,
      })),
    };
  }
  return undefined;
}

/** What one of several alternatives requires: `anyOf: [{ required: ['script'] }, { required: ['file'] }]`. */
function alternativesOf(schema: Schema): readonly string[] {
  const alternatives = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return alternatives.flatMap((alternative) => namesIn(asSchema(alternative).required));
}

const namesIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];

function fieldOf(name: string, schema: Schema, required: boolean): Omit<ArgsField, 'prominent'> {
  const type = typeOf(schema);
  const kind = kindOf(name, schema, type);
  const items = asSchema(schema.items);
  const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : [];
  const fallback = 'default' in schema ? (schema.default as Json) : undefined;
  const title =
    typeof schema.title === 'string' ? schema.title : /^\d+$/.test(name) ? `Argument ${Number(name) + 1}` : humanize(name);
  const example = Array.isArray(schema.examples) ? schema.examples[0] : undefined;
  return {
    key: `args.${name}`,
    name,
    label: title,
    kind,
    type: kind === 'list' ? plainType(typeOf(items)) : kind === 'json' || kind === 'choice' ? 'any' : plainType(type),
    required,
    fallback,
    help: [typeof schema.description === 'string' ? schema.description : '', hintOf(kind, schema)]
      .filter((part) => part !== '')
      .join(' '),
    ...(example === undefined ? {} : { placeholder: typeof example === 'string' ? example : JSON.stringify(example) }),
    ...(kind === 'choice' ? { choices: values.map((value) => ({ value: JSON.stringify(value), label: String(value) })) } : {}),
  };
}

function kindOf(name: string, schema: Schema, type: string): FieldKind {
  if (Array.isArray(schema.enum) || 'const' in schema) return 'choice';
  if (type === 'boolean') return 'switch';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'array') return plainType(typeOf(asSchema(schema.items))) === 'any' ? 'json' : 'list';
  if (type !== 'string') return 'json';
  if (schema.format === 'password' || schema.writeOnly === true) return 'password';
  const long = typeof schema.maxLength === 'number' && schema.maxLength > 1000;
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

function hintOf(kind: FieldKind, schema: Schema): string {
  const { minimum: least, maximum: most } = schema;
  if (kind === 'list') return 'One per line.';
  if (kind === 'json') return 'As JSON.';
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

const plainType = (type: string): ArgsField['type'] =>
  type === 'string' || type === 'number' || type === 'integer' || type === 'boolean' ? type : 'any';

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const asSchema = (value: unknown): Schema => (isSchema(value) ? value : {});

/** `expectStatus`, `expect_status` → `Expect status` */
function humanize(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase();
  const sentence = words.charAt(0).toUpperCase() + words.slice(1);
  return sentence.replace(/\b(url|http|sql|id|json|ssh|cpu|tls)\b/gi, (word) => word.toUpperCase());
}
