import { describe, expect, it } from '@jest/globals';
import { argRowsOf } from './args-table.ts';

describe('the arguments of an action in words', () => {
  it('names what must be given first, with what may stand there', () => {
    const rows = argRowsOf({
      type: 'object',
      properties: {
        checks: { type: 'integer', minimum: 1, maximum: 50, default: 5 },
        channel: { type: 'string', enum: ['stable', 'nightly'], default: 'stable' },
        release: { type: 'string', title: 'Release', description: 'As it is tagged.', examples: ['4.18.2'], minLength: 1 },
      },
      required: ['release'],
    });
    expect(
      rows?.map(({ name, type, required, fallback, limits, example }) => [name, type, required, fallback, limits, example]),
    ).toEqual([
      ['release', 'text', true, null, ['at least 1 character'], '"4.18.2"'],
      ['checks', 'whole number', false, '5', ['1 to 50'], null],
      ['channel', 'one of "stable", "nightly"', false, '"stable"', [], null],
    ]);
  });

  it('follows objects and lists of objects inside', () => {
    const rows = argRowsOf({
      type: 'object',
      properties: {
        statements: { type: 'array', items: { type: 'object', properties: { sql: { type: 'string' } }, required: ['sql'] } },
        health: { type: 'object', properties: { url: { type: ['string', 'null'] } } },
      },
    });
    expect(rows?.map(({ name, depth, type }) => [name, depth, type])).toEqual([
      ['statements', 0, 'list of object'],
      ['statements[].sql', 1, 'text'],
      ['health', 0, 'object'],
      ['health.url', 1, 'text or null'],
    ]);
  });

  it('counts arguments by position from one', () => {
    const rows = argRowsOf({
      type: 'array',
      prefixItems: [{ type: 'string', title: 'Priority' }, { type: 'string' }],
      minItems: 1,
    });
    expect(rows?.map(({ name, title, required }) => [name, title, required])).toEqual([
      ['1.', 'Priority', true],
      ['2.', null, false],
    ]);
  });

  it('says nothing where the schema says nothing, and that there are none where there are none', () => {
    expect(argRowsOf(undefined)).toBeUndefined();
    expect(argRowsOf({ type: 'object' })).toBeUndefined();
    expect(argRowsOf({ type: 'object', properties: {}, additionalProperties: false })).toEqual([]);
  });

  it('survives schemas that are no schemas', () => {
    const deep = { type: 'object', properties: {} as Record<string, unknown> };
    deep.properties.self = deep;
    expect(argRowsOf(deep)?.length).toBe(4);
    expect(argRowsOf({ properties: { a: 7, b: { type: 5, enum: 'x' } } })?.map(({ type }) => type)).toEqual([
      'anything',
      'anything',
    ]);
  });
});
