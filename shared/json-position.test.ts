import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { positionInJson } from './json-position.ts';

const text =
  '{\n  "name": "a",\n  "actions": {\n    "ma\\"in": { "examples": [1, { "x": [true, null] }, "]}" ] },\n    "b": {}\n  }\n}\n';

test.each([
  [[], 1, 1],
  [['name'], 2, 3],
  [['actions', 'ma"in'], 4, 5],
  [['actions', 'ma"in', 'examples', 1], 4, 33],
  [['actions', 'ma"in', 'examples', 1, 'x', 1], 4, 47],
  [['actions', 'ma"in', 'examples', 2], 4, 56],
  [['actions', 'b', 'not', 'there'], 5, 5],
  [['missing'], 1, 1],
] as [PropertyKey[], number, number][])('%j stands in its place', (path, line, column) => {
  expect(positionInJson(text, path)).toEqual({ line, column });
});

test('of any value, every member is found where its name is written', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 6 }), (value) => {
      const json = JSON.stringify(value);
      for (const name of Object.keys(JSON.parse(json))) {
        const { column } = positionInJson(json, [name]);
        expect(json.slice(column - 1).startsWith(JSON.stringify(name))).toBe(true);
      }
    }),
  );
});
