import { describe, expect, it } from '@jest/globals';
import { MusterError } from '../../../shared/errors.ts';
import type { PluginManifest } from '../../../shared/plugin-manifest.ts';
import { compileArgsCheck } from './args-check.ts';

const manifestWith = (args: Record<string, unknown>): PluginManifest => ({
  name: 'p', version: '1.0.0', description: '', runtime: 'node', entry: 'index.ts', actions: { main: { args }, free: {} },
}); // biome-ignore format: a manifest

const http = {
  type: 'object',
  properties: {
    url: { type: 'string', pattern: '^https?://' },
    method: { enum: ['GET', 'POST'] },
    retries: { type: 'integer', minimum: 0 },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    tags: { type: 'array', items: { type: 'string' } },
  },
  required: ['url'],
  additionalProperties: false,
};

function fault(schema: Record<string, unknown>, args: unknown): MusterError {
  try {
    compileArgsCheck(manifestWith(schema)).check('main', args);
  } catch (error) {
    if (error instanceof MusterError) return error;
    throw error;
  }
  throw new Error('the arguments were taken');
}

describe('arguments', () => {
  it('that fit are taken, and any are where there is no schema', () => {
    const check = compileArgsCheck(manifestWith(http));
    check.check('main', { url: 'https://a', method: 'GET', tags: ['x'] });
    check.check('free', [1, 'two', null]);
  });

  it.each<[unknown, string, string]>([
    [{}, 'args.url', 'args.url is missing.'],
    [{ url: 'https://a', colour: 1 }, 'args.colour', 'args.colour is not an argument of this action.'],
    [{ url: 'https://a', method: 'PUT' }, 'args.method', 'args.method must be one of "GET", "POST".'],
    [{ url: 'https://a', retries: -1 }, 'args.retries', 'args.retries must be >= 0.'],
    [{ url: 'https://a', retries: 'many' }, 'args.retries', 'args.retries must be integer.'],
    [{ url: 'https://a', headers: { 'a/b': 1 } }, 'args.headers.a/b', 'args.headers.a/b must be string.'],
    [{ url: 'https://a', tags: ['x', 2] }, 'args.tags.1', 'args.tags.1 must be string.'],
    [{ url: 'ftp://a' }, 'args.url', 'args.url must match pattern "^https?://".'],
    [['https://a'], 'args', 'This action takes arguments by name: send an object such as {"name": "value"}.'],
  ])('that do not fit are refused with the field at fault: %j', (args, field, message) => {
    expect(fault(http, args)).toMatchObject({ code: 'args_invalid', message, details: { field } });
  });

  it('may have any name, also one that every object inherits, or one with a percent sign', () => {
    const strings = { type: 'object', properties: { constructor: { type: 'string' } }, additionalProperties: { type: 'string' } };
    compileArgsCheck(manifestWith(strings)).check('main', {});
    compileArgsCheck(manifestWith(strings)).check('main', { constructor: 'x', '100%': 'y' });
    expect(fault(strings, { '100%': 1 })).toMatchObject({ code: 'args_invalid', details: { field: 'args.100%' } });
    const required = { type: 'object', required: ['toString'] };
    expect(fault(required, {})).toMatchObject({ code: 'args_invalid', details: { field: 'args.toString' } });
  });

  it('can be at fault in several fields at once', () => {
    const { details } = fault(http, { method: 'PUT', retries: 1.5, colour: 1 });
    expect(details.issues?.map(({ field }) => field).sort()).toEqual(['args.colour', 'args.method', 'args.retries', 'args.url']);
  });

  it('by position are asked for as an array', () => {
    const schema = { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], minItems: 2 };
    expect(fault(schema, { a: 1 }).message).toContain('by position');
    expect(fault(schema, ['a', 'b']).details.field).toBe('args.1');
  });

  it('cannot hold up the server with a pattern that takes for ever', () => {
    const schema = { type: 'object', properties: { name: { type: 'string', pattern: '^(a+)+$' } } };
    expect(fault(schema, { name: `${'a'.repeat(60)}!` })).toMatchObject({
      code: 'args_invalid',
      message: expect.stringContaining('too large or too deep'),
    });
  });

  it('may be nested as deep as they like', () => {
    const schema = { $defs: { list: { type: 'array', items: { $ref: '#/$defs/list' } } }, $ref: '#/$defs/list' };
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    expect(fault(schema, deep).code).toBe('args_invalid');
  });
});

describe('a schema', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['is not one', { type: 'strnig' }, 'must be equal to one of the allowed values'],
    ['has a wrong keyword value', { type: 'object', required: 'url' }, 'required must be array'],
    ['has a pattern that is none', { type: 'string', pattern: '(' }, 'Invalid regular expression'],
    ['refers to nowhere', { $ref: '#/$defs/none' }, "can't resolve reference"],
    ['refers to another place', { $ref: 'https://example.com/schema.json' }, "can't resolve reference"],
    ['is of an old draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, 'no schema with key or ref'],
    ['is asynchronous', { $async: true, type: 'object' }, 'must not use $async'],
    ['refers to itself without end', { $ref: '#' }, 'without end'],
    ['is larger than anybody needs', { enum: ['x'.repeat(300_000)] }, 'larger than 256 KiB'],
    ['is nested too deeply', JSON.parse(`${'{"not":'.repeat(20_000)}{}${'}'.repeat(20_000)}`), 'nested too deeply'],
  ])('is refused when it %s', (_, schema, message) => {
    expect(() => compileArgsCheck(manifestWith(schema))).toThrow(
      expect.objectContaining({
        code: 'plugin_invalid',
        message: expect.stringContaining(message),
        details: expect.objectContaining({ field: 'actions.main.args' }),
      }),
    );
  });

  it('may have the same $id as that of another plugin, and keywords that only forms know', () => {
    const schema = {
      $id: 'https://example.com/args',
      type: 'object',
      properties: { a: { type: 'string', 'x-widget': 'code', format: 'email' } },
    };
    compileArgsCheck(manifestWith(schema)).check('main', { a: 'no email' });
    compileArgsCheck(manifestWith({ ...schema, type: 'array' })).check('main', []);
  });
});
