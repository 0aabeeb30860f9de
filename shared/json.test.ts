import { describe, expect, test } from '@jest/globals';
import { isDeeperThan, readableJson } from './json.ts';

const nested = (levels: number, inner: unknown = 0): unknown => (levels === 0 ? inner : [nested(levels - 1, inner)]);

describe('the depth of a value', () => {
  test('counts lists and objects', () => {
    expect([1, 'text', null, undefined].map((value) => isDeeperThan(value, 0))).toEqual([false, false, false, false]);
    expect([[], {}, [1, 2], { a: 1 }].map((value) => [isDeeperThan(value, 0), isDeeperThan(value, 1)])).toEqual(
      Array.from({ length: 4 }, () => [true, false]),
    );
    expect([isDeeperThan({ a: [{ b: [] }, 1] }, 3), isDeeperThan({ a: [{ b: [] }, 1] }, 4)]).toEqual([true, false]);
  });

  test('can be asked of a value that no recursion could follow', () => {
    expect(isDeeperThan(JSON.parse(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`), 64)).toBe(true);
  });
});

describe('JSON for people', () => {
  test('is indented', () => {
    expect(readableJson({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(readableJson(undefined)).toBe('');
  });

  test('never takes many times the space of the value', () => {
    const wide = nested(
      60,
      Array.from({ length: 100_000 }, () => 0),
    );
    expect(readableJson(wide).length).toBe(JSON.stringify(wide).length);
  });
});
