import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLineSplitter } from './json-lines.ts';

it('splits bytes into the same lines however they are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat({ max: 9 })), (texts, cuts) => {
      const lines = texts.map((text) => text.replaceAll('\n', ''));
      let rest = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const heard: string[] = [];
      const read = createLineSplitter((some) => heard.push(...some));
      for (const cut of cuts) {
        read(rest.subarray(0, cut));
        rest = rest.subarray(cut);
      }
      read(rest);
      expect(heard).toEqual(lines);
    }),
  );
});

it('leaves out a line that is too long, however it is cut, and goes on with the next', () => {
  const heard: string[] = [];
  const read = createLineSplitter((some) => heard.push(...some), 10);
  for (const bytes of ['one\n', '0123456', '789', 'too much', ' and more', '\n', 'two\nth', 'ree\n', '0123456789x', 'y\nfour\n'])
    read(Buffer.from(bytes));
  expect(heard).toEqual(['one', 'two', 'three', 'four']);
});
