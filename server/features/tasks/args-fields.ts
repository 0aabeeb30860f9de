import type { Json } from '../../../shared/json.ts';
import { type ArgsLeaf, asSchema, isSchema, labelOf, leafOf, type Schema, schemaOf } from './args-leaf.ts';

/** One argument of an action as the form draws it: one input, or several that make up one value. */
export type ArgsField = ArgsLeaf | ArgsGroup | ArgsRows | ArgsMap;

type Compound = {
  readonly key: string;
  /** key of the object, or position in the array */
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly required: boolean;
  readonly fallback: Json | undefined;
  /** shown at once; the others wait behind a fold */
  readonly prominent: boolean;
};

/** An object with named properties. One that may be left out is given when its own key is `on`. */
export type ArgsGroup = Compound & { readonly kind: 'group'; readonly fields: readonly ArgsField[] };

/** An array. The form holds the ids of its rows, in their order, under its key. */
export type ArgsRows = Compound & { readonly kind: 'rows'; readonly itemAt: (row: string) => ArgsField };

/** An object with any names: rows of a name and a value. */
export type ArgsMap = Compound & {
  readonly kind: 'map';
  readonly nameKey: (row: string) => string;
  readonly valueAt: (row: string) => ArgsField;
};

export type ArgsFields = { readonly shape: 'object' | 'array'; readonly fields: readonly ArgsField[] };

/** What lies deeper is written as JSON: nobody fills in a form of that depth. */
const deepest = 5;

/**
 * The fields that an action's JSON Schema describes, or undefined when a form cannot say it (no schema, anything but an object with named
 * properties or an array with `prefixItems`): then the arguments are written as JSON.
 *
 * A stored manifest is canonical JSON, which sorts the properties by name; so what must be given comes first, then what may be.
 */
export function argsFieldsOf(schema: Schema | undefined): ArgsFields | undefined {
  if (schema === undefined) return undefined;
  if (isSchema(schema.properties)) {
    if (Object.keys(schema.properties).length === 0)
      return schema.additionalProperties === false ? { shape: 'object', fields: [] } : undefined;
    const fields = propertiesOf('args', schema, 0);
    return fields === undefined ? undefined : { shape: 'object', fields };
  }
  if (Array.isArray(schema.prefixItems) && schema.prefixItems.length > 0) {
    const least = typeof schema.minItems === 'number' ? schema.minItems : 0;
    return {
      shape: 'array',
      fields: schema.prefixItems.map((item, index) => ({
        ...fieldOf(`args.${index}`, String(index), asSchema(item), index < least, 1),
        prominent: true,
      })),
    };
  }
  return undefined;
}

/** Undefined where a name could be taken for a path of names. */
function propertiesOf(key: string, schema: Schema, depth: number): ArgsField[] | undefined {
  const properties = asSchema(schema.properties);
  const names = Object.keys(properties);
  if (names.some((name) => name.includes('.') || name.startsWith('$'))) return undefined;
  const required = namesIn(schema.required);
  const prominent = [...new Set([...required, ...alternativesOf(schema)])].filter((name) => names.includes(name));
  const order = [...prominent, ...names.filter((name) => !prominent.includes(name))];
  return order.map((name) => ({
    ...fieldOf(`${key}.${name}`, name, asSchema(properties[name]), required.includes(name), depth + 1),
    prominent: prominent.length === 0 || prominent.includes(name),
  }));
}

function fieldOf(key: string, name: string, given: Schema, required: boolean, depth: number): ArgsField {
  const schema = schemaOf(given);
  return compoundOf(key, name, schema, required, depth) ?? leafOf(key, name, schema, required);
}

function compoundOf(key: string, name: string, schema: Schema, required: boolean, depth: number): ArgsField | undefined {
  if (depth > deepest || Array.isArray(schema.enum) || 'const' in schema) return undefined;
  const base: Compound = {
    key,
    name,
    label: labelOf(name, schema),
    help: typeof schema.description === 'string' ? schema.description : '',
    required,
    fallback: 'default' in schema ? (schema.default as Json) : undefined,
    prominent: true,
  };
  if (schema.type === 'object' && isSchema(schema.properties) && Object.keys(schema.properties).length > 0) {
    const fields = propertiesOf(key, schema, depth);
    return fields === undefined ? undefined : { ...base, kind: 'group', fields };
  }
  if (schema.type === 'object' && isSchema(schema.additionalProperties)) {
    const value = schemaOf(schema.additionalProperties);
    const valueAt = (row: string): ArgsField => ({
      ...fieldOf(`${key}.${row}.value`, 'value', { ...value, title: 'Value' }, true, depth + 1),
      help: '',
    });
    const isPlain = !['json', 'group', 'rows', 'map', 'list'].includes(valueAt('0').kind);
    return isPlain ? { ...base, kind: 'map', nameKey: (row) => `${key}.${row}.name`, valueAt } : undefined;
  }
  if (schema.type !== 'array' || !isSchema(schema.items) || Array.isArray(schema.prefixItems)) return undefined;
  const item = schemaOf(schema.items);
  const itemAt = (row: string): ArgsField => fieldOf(`${key}.${row}`, row, item, true, depth + 1);
  return ['group', 'value', 'choice'].includes(itemAt('0').kind) && schema.uniqueItems !== true
    ? { ...base, kind: 'rows', itemAt }
    : undefined;
}

/** What one of several alternatives requires: `anyOf: [{ required: ['script'] }, { required: ['file'] }]`. */
function alternativesOf(schema: Schema): readonly string[] {
  const alternatives = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  return alternatives.flatMap((alternative) => namesIn(asSchema(alternative).required));
}

const namesIn = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((name) => typeof name === 'string') : [];
