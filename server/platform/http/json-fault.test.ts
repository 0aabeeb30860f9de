import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findJsonFault } from './json-fault.ts';

test.each([
  ['', 1, 1, 'the text ends where a value is expected'],
  ['{', 1, 2, 'the text ends where a name in double quotes is expected'],
  ['{"a":1,}', 1, 8, 'a name in double quotes is expected'],
  ["{'a':1}", 1, 2, 'a name in double quotes is expected'],
  ['{"a" 1}', 1, 6, 'a colon is expected'],
  ['{"a":01}', 1, 6, 'a value is expected'],
  ['[1 2]', 1, 4, 'a comma or ] is expected'],
  ['[\n  1,\n  nul\n]', 3, 3, 'a value is expected'],
  ['"a\nb"', 1, 3, 'a character that a string must not hold as it is'],
  ['"a\\x"', 1, 3, 'a character that a string must not hold as it is'],
  ['"abc', 1, 5, 'a string is not closed'],
  ['{} {}', 1, 4, 'more text follows the value'],
  ['NaN', 1, 1, 'a value is expected'],
])('%j stops being JSON at line %i, column %i', (text, line, column, what) => {
  expect(() => JSON.parse(text)).toThrow();
  expect(findJsonFault(text)).toEqual({ line, column, what });
});

test('every text that JSON.parse refuses has a fault, and none that it takes', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.nat(), fc.constantFrom('{', ']', ',', ':', 'x', '"', '-'), (text, at, extra) => {
      const place = at % (text.length + 1);
      const broken = text.slice(0, place) + extra + text.slice(place);
      let valid = true;
      try {
        JSON.parse(broken);
      } catch {
        valid = false;
      }
      const { what } = findJsonFault(broken);
      // what is valid has no fault but the one that stands for none
      expect(what === 'the value is not valid').toBe(valid);
    }),
  );
});
