import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../../../shared/json.ts';
import { type ArgsFields, argsFieldsOf } from './args-fields.ts';
import { argsFromForm } from './args-form.ts';
import { tidyRows, withoutRow, withRow } from './args-rows.ts';
import { defaultArgsForm, formFromArgs } from './args-shown.ts';

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
      'args.headers': 'Line 1, column 2: a name in double quotes or } is expected, not the end.',
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

/** Everything that a form has more than one input for. */
const deploy = fieldsOf({
  type: 'object',
  required: ['steps'],
  properties: {
    steps: {
      type: 'array',
      items: {
        type: 'object',
        required: ['run'],
        properties: {
          run: { type: 'string' },
          tries: { type: 'integer' },
          always: { type: 'boolean' },
          tags: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
    },
    retries: {
      type: 'object',
      required: ['count'],
      properties: {
        count: { type: 'integer' },
        delay: { type: 'number', default: 1 },
        network: { type: 'boolean', default: true },
      },
    },
    headers: { type: 'object', additionalProperties: { type: 'string' } },
    expect: { anyOf: [{ type: 'integer' }, { type: 'string' }, { type: 'array' }] },
    days: { type: 'array', uniqueItems: true, items: { enum: ['mon', 'tue', 'wed'] } },
    password: { type: 'string', writeOnly: true },
  },
});

describe('arguments of several inputs', () => {
  test('rows give an array, groups and rows of names give objects', () => {
    expect(
      argsFromForm(deploy, {
        'args.steps': ['3', '1'],
        'args.steps.3.run': 'build',
        'args.steps.3.tags': '0',
        'args.steps.3.tags.0.name': 'by',
        'args.steps.3.tags.0.value': 'me',
        'args.steps.1.run': 'test',
        'args.steps.1.tries': '2',
        'args.steps.2.run': 'a row that was removed',
        'args.headers': ['0', '1'],
        'args.headers.0.name': 'accept',
        'args.headers.0.value': 'text/plain',
        'args.headers.1.name': '',
        'args.expect': '200-299',
        'args.days': ['"tue"', '"mon"'],
      }),
    ).toEqual({
      args: {
        steps: [
          { run: 'build', tags: { by: 'me' } },
          { run: 'test', tries: 2 },
        ],
        headers: { accept: 'text/plain' },
        expect: '200-299',
        days: ['tue', 'mon'],
      },
      problems: {},
      unreadable: false,
    });
  });

  test('a group that may be left out is given when it is switched on, whatever stands in it', () => {
    const form = { 'args.retries.count': '3', 'args.retries.delay': '1' };
    expect(argsFromForm(deploy, form).args).not.toHaveProperty('retries');
    expect(argsFromForm(deploy, { ...form, 'args.retries': 'on' }).args).toMatchObject({
      retries: { count: 3, delay: 1, network: false },
    });
    expect(argsFromForm(deploy, { 'args.retries': 'on' }).problems).toEqual({ 'args.retries.count': 'Fill this in.' });
    expect(defaultArgsForm(deploy)).toEqual({ 'args.retries.delay': '1', 'args.retries.network': 'on' });
  });

  test('what may be a text or something else is JSON where it is JSON', () => {
    const read = (text: string) => argsFromForm(deploy, { 'args.expect': text });
    expect(read('204').args).toMatchObject({ expect: 204 });
    expect(read('"204"').args).toMatchObject({ expect: '204' });
    expect(read('[200, 204]').args).toMatchObject({ expect: [200, 204] });
    expect(read('[200,').problems).toMatchObject({ 'args.expect': 'Line 1, column 6: a value is expected, not the end.' });
  });

  test('a secret stands in place of a value, and not beside one', () => {
    expect(argsFromForm(deploy, { 'args.password.$secret': 'db' }).args).toMatchObject({ password: { $secret: 'db' } });
    expect(argsFromForm(deploy, { 'args.password': 'x', 'args.password.$secret': 'db' }).problems).toMatchObject({
      'args.password': 'Give a value or the name of a secret, not both.',
    });
    expect(formFromArgs(deploy, { steps: [], password: { $secret: 'db' } })).toMatchObject({
      form: { 'args.password.$secret': 'db' },
    });
  });

  test('rows come, go, and are numbered in their order', () => {
    const two = { 'args.steps': ['0', '1'], 'args.steps.0.run': 'a', 'args.steps.1.run': 'b', 'args.steps.1.tags': '4' };
    expect(withRow(deploy.fields, two, 'args.steps')['args.steps']).toEqual(['0', '1', '2']);
    expect(withRow(deploy.fields, two, 'args.steps.1.tags')['args.steps.1.tags']).toEqual(['4', '1']);
    expect(withoutRow(deploy.fields, two, 'args.steps', '0')).toEqual({
      'args.steps': ['0'],
      'args.steps.0.run': 'b',
      'args.steps.0.tags': ['0'],
    });
    expect(withRow(deploy.fields, two, 'args.password')).toBe(two);
    expect(tidyRows(deploy.fields, { 'args.steps': ['5'], 'args.steps.5.always': ['off', 'on'] })).toEqual({
      'args.steps': ['0'],
      'args.steps.0.always': 'on',
    });
  });
});

describe('the form of arguments', () => {
  test('shows what there is, and stands for what the form has no place for by saying nothing', () => {
    expect(formFromArgs(request, { url: 'x', expect: [1, 2], follow: false })).toEqual({
      form: { 'args.url': 'x', 'args.expect': '1\n2', 'args.follow': 'off' },
    });
    expect(formFromArgs(request, { url: 'x', other: 1 })).toEqual({ stuckAt: 'args.other' });
    expect(formFromArgs(request, { url: 5 })).toEqual({ stuckAt: 'args.url' });
    expect(formFromArgs(request, ['x'])).toEqual({ stuckAt: 'args' });
    expect(formFromArgs(request, 'x')).toEqual({ stuckAt: 'args' });
    expect(formFromArgs(deploy, { steps: [{ run: 'x', tags: { a: 1 } }] })).toEqual({ stuckAt: 'args.steps.0.tags.0.value' });
  });

  test('a switch that is on by default and was not given is shown as on, so that saving changes nothing', () => {
    const shown = formFromArgs(request, { url: 'x' });
    expect(shown).toMatchObject({ form: { 'args.follow': 'on' } });
    expect(argsFromForm(request, 'form' in shown ? shown.form : {}).args).toEqual({ url: 'x', follow: true });
  });

  test('a fresh form has the defaults of the schema', () => {
    expect(defaultArgsForm(request)).toEqual({ 'args.method': '"GET"', 'args.follow': 'on' });
  });

  test('what is shown reads back as the same arguments, whatever they are', () => {
    const key = fc.stringMatching(/^[a-z]{1,3}$/);
    const secret = fc.record({ $secret: fc.constant('name') });
    const args = fc.record(
      {
        steps: fc.array(
          fc.record(
            {
              run: fc.oneof(fc.string(), secret),
              tries: fc.oneof(fc.integer(), fc.double()),
              always: fc.boolean(),
              tags: fc.dictionary(key, fc.string()),
            },
            { requiredKeys: ['run'] },
          ),
          { maxLength: 3 },
        ),
        // not given, the default of a switch is shown and then saved
        retries: fc.record({
          count: fc.integer(),
          delay: fc.double({ noNaN: true, noDefaultInfinity: true }),
          network: fc.boolean(),
        }),
        headers: fc.dictionary(fc.string(), fc.string()),
        expect: fc.jsonValue(),
        days: fc.subarray(['mon', 'tue', 'wed']),
        password: fc.oneof(fc.string(), secret),
      },
      { requiredKeys: ['steps'] },
    );
    let shownOnes = 0;
    fc.assert(
      fc.property(args, (given) => {
        const value = JSON.parse(JSON.stringify(given)) as Json;
        const shown = formFromArgs(deploy, value);
        if ('stuckAt' in shown) return;
        shownOnes += 1;
        expect(argsFromForm(deploy, tidyRows(deploy.fields, shown.form))).toMatchObject({ args: value, problems: {} });
      }),
      { numRuns: 500 },
    );
    expect(shownOnes).toBeGreaterThan(50);
  });
});
