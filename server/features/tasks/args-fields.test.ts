import { describe, expect, test } from '@jest/globals';
import { argsFieldsOf } from './args-fields.ts';
import { inputsOf } from './args-shape.ts';

const one = (property: Record<string, unknown>, name = 'value') =>
  argsFieldsOf({ type: 'object', properties: { [name]: property } })?.fields[0];

describe('the fields of an argument schema', () => {
  test('an action without a schema, or with one that names no properties, has no fields: its arguments are written as JSON', () => {
    expect(argsFieldsOf(undefined)).toBeUndefined();
    expect(argsFieldsOf({})).toBeUndefined();
    expect(argsFieldsOf({ type: 'object', additionalProperties: true })).toBeUndefined();
    expect(argsFieldsOf({ type: 'array', items: { type: 'string' } })).toBeUndefined();
  });

  test.each([
    [{ type: 'string' }, 'text'],
    [{ type: ['string', 'null'] }, 'text'],
    [{ type: 'string', format: 'multiline' }, 'multiline'],
    [{ type: 'string', maxLength: 100_000 }, 'multiline'],
    [{ type: 'string', writeOnly: true }, 'password'],
    [{ type: 'integer' }, 'number'],
    [{ type: 'number' }, 'number'],
    [{ type: 'boolean' }, 'switch'],
    [{ enum: ['a', 2] }, 'choice'],
    [{ const: 7 }, 'choice'],
    [{ type: 'array', items: { type: 'string' } }, 'list'],
    [{ type: 'array', items: { type: 'object' } }, 'json'],
    [{ type: 'array', items: { enum: ['a', 'b'] }, uniqueItems: true }, 'choices'],
    [{ type: 'array', items: { enum: ['a', 'b'] } }, 'rows'],
    [{ type: 'array', items: { type: 'object', properties: { sql: { type: 'string' } } } }, 'rows'],
    [{ type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'string' } }, 'list'],
    [{ type: 'object' }, 'json'],
    [{ type: 'object', properties: { count: { type: 'integer' } } }, 'group'],
    [{ type: 'object', properties: { 'a.b': { type: 'integer' } } }, 'json'],
    [{ type: 'object', additionalProperties: { type: 'string' } }, 'map'],
    [{ type: 'object', additionalProperties: { type: 'object' } }, 'json'],
    [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, 'value'],
    [{ type: ['string', 'integer'] }, 'value'],
    [{ anyOf: [{ type: 'number' }, { type: 'object' }] }, 'json'],
    [{ anyOf: [{ type: 'integer' }, { type: 'null' }] }, 'number'],
    [
      {
        oneOf: [
          { const: 1, title: 'One' },
          { const: 2, title: 'Two' },
        ],
      },
      'choice',
    ],
  ])('%j is drawn as %s', (schema, kind) => {
    expect(one(schema)?.kind).toBe(kind);
  });

  test('arguments that hold whole texts by their name are given room', () => {
    expect(one({ type: 'string' }, 'script')?.kind).toBe('multiline');
  });

  test('label, help and placeholder come from title, description and examples, and else from the name', () => {
    expect(
      one({ type: 'integer', title: 'Port', description: 'TCP.', minimum: 1, maximum: 65_535, examples: [443] }),
    ).toMatchObject({
      label: 'Port',
      help: 'TCP. From 1 to 65535.',
      placeholder: '443',
    });
    expect(one({ type: 'string' }, 'targetUrl')?.label).toBe('Target URL');
    expect(one({ type: 'string' }, 'run_as')?.label).toBe('Run as');
  });

  test('the values of a choice keep their type', () => {
    expect(one({ enum: ['1', 1] })).toMatchObject({
      choices: [
        { value: '"1"', label: '1' },
        { value: '1', label: '1' },
      ],
    });
    expect(one({ oneOf: [{ const: 1, title: 'One' }, { const: 2 }] })).toMatchObject({
      choices: [
        { value: '1', label: 'One' },
        { value: '2', label: '2' },
      ],
    });
  });

  test('what must be given comes first, whatever the order of names; what may be given waits behind a fold', () => {
    const fields = argsFieldsOf({
      type: ['object', 'array'],
      properties: { args: {}, file: { type: 'string' }, host: { type: 'string' }, script: { type: 'string' } },
      required: ['host'],
      anyOf: [{ required: ['script'] }, { required: ['file'] }],
    });
    expect(fields?.fields.map(({ name, prominent, required }) => [name, prominent, required])).toEqual([
      ['host', true, true],
      ['script', true, false],
      ['file', true, false],
      ['args', false, false],
    ]);
  });

  test('where nothing must be given everything is shown at once', () => {
    expect(one({ type: 'string' })?.prominent).toBe(true);
  });

  test('the inputs of a value are found wherever they are: in groups and in rows', () => {
    const fields = argsFieldsOf({
      type: 'object',
      properties: {
        steps: {
          type: 'array',
          title: 'Steps',
          items: {
            type: 'object',
            properties: { env: { type: 'object', title: 'Env', additionalProperties: { type: 'string' } } },
          },
        },
      },
    });
    const inputs = inputsOf(fields?.fields ?? [], { 'args.steps': ['0', '1'], 'args.steps.1.env': '0' });
    expect(inputs.map(({ key, label }) => [key, label])).toEqual([
      ['args.steps', 'Steps'],
      ['args.steps.0', 'Steps 1'],
      ['args.steps.0.env', 'Steps 1, Env'],
      ['args.steps.1', 'Steps 2'],
      ['args.steps.1.env', 'Steps 2, Env'],
      ['args.steps.1.env.0.name', 'Steps 2, Env 1, Name'],
      ['args.steps.1.env.0.value', 'Steps 2, Env 1, Value'],
    ]);
  });

  test('a schema that is deeper than anybody fills in ends as JSON', () => {
    let schema: Record<string, unknown> = { type: 'string' };
    for (let depth = 0; depth < 50; depth += 1) schema = { type: 'object', properties: { in: schema } };
    const keys = inputsOf(argsFieldsOf(schema)?.fields ?? [], {});
    expect(keys.length).toBeLessThan(8);
  });

  test('an action that takes no arguments has a form without fields', () => {
    expect(argsFieldsOf({ type: 'object', properties: {}, additionalProperties: false })).toEqual({
      shape: 'object',
      fields: [],
    });
  });

  test('an array with prefixItems is one field per position, required up to minItems', () => {
    const fields = argsFieldsOf({
      type: 'array',
      minItems: 1,
      prefixItems: [{ type: 'string', title: 'Priority' }, { type: 'string' }],
    });
    expect(fields).toMatchObject({
      shape: 'array',
      fields: [
        { key: 'args.0', label: 'Priority', required: true },
        { key: 'args.1', label: 'Argument 2', required: false },
      ],
    });
  });
});
