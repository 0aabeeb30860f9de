import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ArgsFields, argsFieldsOf } from './args-fields.ts';
import { argsFromForm, defaultArgsForm, formFromArgs } from './args-form.ts';

const fieldsOf = (schema: Record<string, unknown>): ArgsFields => {
  const fields = argsFieldsOf(schema);
  if (fields === undefined) throw new Error('no fields');
  return fields;
};

const request = fieldsOf({
  type: 'object',
  required: ['url'],
  properties: {
    url: { type: 'string' },
    method: { enum: ['GET', 'POST'], default: 'GET' },
    headers: { type: 'object' },
    body: { type: 'string' },
    tries: { type: 'integer' },
    follow: { type: 'boolean', default: true },
    verbose: { type: 'boolean' },
    expect: { type: 'array', items: { type: 'integer' } },
    paths: { type: 'array', items: { type: 'string' } },
  },
});

describe('the arguments of a form', () => {
  test('every kind of input gives a value of its type', () => {
    const { args, problems } = argsFromForm(request, {
      'args.url': 'https://example.org',
      'args.method': '"POST"',
      'args.headers': '{"accept": "text/plain"}',
      'args.body': 'line 1\r\nline 2',
      'args.tries': ' 3 ',
      'args.follow': 'on',
      'args.verbose': 'on',
      'args.expect': '200\r\n204\r\n',
      'args.paths': '/a b\n\n /c',
    });
    expect(problems).toEqual({});
    expect(args).toEqual({
      url: 'https://example.org',
      method: 'POST',
      headers: { accept: 'text/plain' },
      body: 'line 1\nline 2',
      tries: 3,
      follow: true,
      verbose: true,
      expect: [200, 204],
      paths: ['/a b', ' /c'],
    });
  });

  test('empty inputs are arguments not given, and a switch that is on by default can be turned off', () => {
    const { args } = argsFromForm(request, {
      'args.url': 'x',
      'args.method': '',
      'args.headers': ' ',
      'args.tries': '',
      'args.expect': '\n',
    });
    expect(args).toEqual({ url: 'x', follow: false });
  });

  test('what is required and missing, and what cannot be read, is told at its field', () => {
    const { problems } = argsFromForm(request, { 'args.headers': '{', 'args.tries': '1.5', 'args.expect': '200\nabc' });
    expect(problems).toMatchObject({
      'args.url': 'Fill this in.',
      'args.headers': expect.stringContaining('not JSON'),
      'args.tries': 'Use a whole number.',
      'args.expect': 'abc is not a number.',
    });
  });

  test('positional arguments keep their places, and those left out at the end are not sent', () => {
    const fields = fieldsOf({ type: 'array', prefixItems: [{ type: 'string' }, { type: 'string' }, { type: 'string' }] });
    expect(argsFromForm(fields, { 'args.0': 'P1' }).args).toEqual(['P1']);
    expect(argsFromForm(fields, { 'args.1': 'late' }).args).toEqual([null, 'late']);
  });
});

describe('the form of arguments', () => {
  test('shows what there is, and stands for what the form has no place for by saying nothing', () => {
    expect(formFromArgs(request, { url: 'x', expect: [1, 2], follow: false })).toEqual({
      'args.url': 'x',
      'args.expect': '1\n2',
      'args.follow': '',
    });
    expect(formFromArgs(request, { url: 'x', other: 1 })).toBeUndefined();
    expect(formFromArgs(request, { url: 5 })).toBeUndefined();
    expect(formFromArgs(request, ['x'])).toBeUndefined();
    expect(formFromArgs(request, 'x')).toBeUndefined();
  });

  test('a switch that is on by default and was not given is shown as on, so that saving changes nothing', () => {
    const form = formFromArgs(request, { url: 'x' });
    expect(form).toMatchObject({ 'args.follow': 'on' });
    expect(argsFromForm(request, form ?? {}).args).toEqual({ url: 'x', follow: true });
  });

  test('a fresh form has the defaults of the schema', () => {
    expect(defaultArgsForm(request)).toEqual({ 'args.method': '"GET"', 'args.follow': 'on' });
  });

  test('reading back what was shown gives the same arguments', () => {
    const line = fc.string({ minLength: 1 }).filter((text) => text.trim() !== '' && !/[\r\n]/.test(text));
    const args = fc.record(
      {
        url: fc.string({ minLength: 1 }).filter((text) => !text.includes('\r')),
        method: fc.constantFrom('GET', 'POST'),
        headers: fc.dictionary(fc.string(), fc.jsonValue()),
        tries: fc.integer(),
        follow: fc.boolean(),
        expect: fc.array(fc.integer(), { minLength: 1 }),
        paths: fc.array(line, { minLength: 1 }),
      },
      { requiredKeys: ['url', 'follow'] },
    );
    fc.assert(
      fc.property(args, (given) => {
        const value = JSON.parse(JSON.stringify(given));
        const form = formFromArgs(request, value);
        expect(argsFromForm(request, form ?? {})).toEqual({ args: value, problems: {} });
      }),
      { numRuns: 100 },
    );
  });
});
