import { createHash } from 'node:crypto';
import { z } from 'zod';
import { json } from '../../../shared/json.ts';

type JsonSchema = Record<string, unknown>;

/** Collects the schemas of a document. One that has an `id` in its meta becomes a component of that name; the rest stand where they are used. */
export type SchemaBook = {
  /** @param io whether the schema is seen before or after defaults and conversions */
  refer(schema: z.ZodType, io: 'input' | 'output'): JsonSchema;
  /** the fields of an object schema, as parameters */
  fieldsOf(schema: z.ZodType): { readonly name: string; readonly required: boolean; readonly schema: JsonSchema }[];
  readonly components: Readonly<Record<string, JsonSchema>>;
};

export function createSchemaBook(): SchemaBook {
  const components: Record<string, JsonSchema> = {};

  function refer(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $schema, $defs = {}, ...own } = jsonSchema(schema, io);
    const definitions = Object.entries($defs as Record<string, JsonSchema>);
    const names = new Map(definitions.map(([name, definition]) => [name, nameOf(name, definition, io)]));
    for (const [name, definition] of definitions) components[names.get(name) ?? name] = tidied(definition, names);
    if (typeof own.id !== 'string') return tidied(own, names);
    const name = nameOf(own.id, own, io);
    components[name] = tidied(own, names);
    return { $ref: `#/components/schemas/${name}` };
  }

  return {
    refer,
    fieldsOf(schema) {
      const { properties = {}, required = [] } = refer(schema, 'input') as {
        properties?: Record<string, JsonSchema>;
        required?: string[];
      };
      return Object.entries(properties).map(([name, field]) => ({ name, required: required.includes(name), schema: field }));
    },
    components,
  };
}

const anyJson = 'Any JSON value.';

/** What a client sends and what it gets differ where there are defaults, so the two have two names. */
function nameOf(name: string, definition: JsonSchema, io: 'input' | 'output'): string {
  if (definition.description === anyJson) return 'Json';
  // a schema that refers to itself has no name of its own
  if (name.startsWith('__schema'))
    return `Recursive${createHash('sha256').update(JSON.stringify(definition)).digest('hex').slice(0, 8)}`;
  return io === 'output' || /(Input|Patch)$/.test(name) ? name : `${name}Input`;
}

const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema =>
  z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema: made }) {
      // its definition refers to itself, which says no more than one sentence
      if (zodSchema === (json as z.core.$ZodType)) {
        for (const key of Object.keys(made)) delete made[key];
        made.description = anyJson;
      }
      // an answer may gain fields without breaking a client that was made from this document
      if (io === 'output' && made.additionalProperties === false) delete made.additionalProperties;
    },
  }) as JsonSchema;

/** A copy whose references point into the components of the document, without what only a machine would say. */
function tidied({ id, ...value }: JsonSchema, names: ReadonlyMap<string, string>): JsonSchema {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) => {
    if (key === '$ref') return `#/components/schemas/${names.get(String(inner).replace('#/$defs/', '')) ?? inner}`;
    if (key === 'minimum' && inner === Number.MIN_SAFE_INTEGER) return undefined;
    if (key === 'maximum' && inner === Number.MAX_SAFE_INTEGER) return undefined;
    if (key === 'propertyNames' && JSON.stringify(inner) === '{"type":"string"}') return undefined;
    if (isInstant(inner)) return { ...inner, pattern: undefined };
    return inner;
  }) as JsonSchema;
}

const isInstant = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && 'format' in value && value.format === 'date-time';
