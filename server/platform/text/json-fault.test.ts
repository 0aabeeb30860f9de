import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeJsonFault, jsonFault } from './json-fault.ts';

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('what is wrong with a text that is no JSON', () => {
  test.each([
    ['', 'Line 1, column 1: a value is expected, not the end.'],
    ['{a}', 'Line 1, column 2: a name in double quotes or } is expected, not "a".'],
    ['{"a":1,\n\n "b" 2}', 'Line 3, column 6: a colon is expected, not "2".'],
    ['{\n  "a": 1\n  "b": 2\n}', 'Line 3, column 3: a comma or } is expected, not a quote.'],
    ['{"a": tru}', 'Line 1, column 7: a value is expected, not "tru".'],
    ['[1,]', 'Line 1, column 4: a value is expected, not "]".'],
    ['{"a":1}}', 'Line 1, column 8: the value has ended, but "}" follows.'],
    ['["x\ny"]', 'Line 1, column 2: the text that begins here does not end on its line, or holds an escape that is none.'],
  ])('%j', (text, message) => {
    expect(describeJsonFault(text)).toBe(message);
  });

  test('there is a fault exactly where the text cannot be parsed', () => {
    const pieces = fc.array(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '1', '-', '0', '.5', 'true', 'nul', 'null', ' ', '\n', '\\u12'),
      {
        maxLength: 10,
      },
    );
    const texts = fc.oneof(
      fc.json(),
      pieces.map((list) => list.join('')),
      fc.tuple(fc.json(), fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1))),
    );
    fc.assert(
      fc.property(texts, (text) => (jsonFault(text) === undefined) === parses(text)),
      { numRuns: 3000 },
    );
  });
});
