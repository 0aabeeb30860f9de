import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fitChunk } from './chunk.ts';

test.each([
  ['goes on', 3, 3, 'abc', { kind: 'append', text: 'abc', bytes: 3, start: 3 }],
  ['comes too early', 3, 4, 'abc', { kind: 'gap' }],
  ['is there in whole', 3, 0, 'abc', { kind: 'repeat' }],
  ['is there in part', 3, 1, 'abcde', { kind: 'append', text: 'cde', bytes: 3, start: 3 }],
  ['is there up to the middle of a character', 2, 0, 'aü!', { kind: 'gap' }],
  ['is there up to the end of a character', 3, 0, 'aü!', { kind: 'append', text: '!', bytes: 1, start: 3 }],
  ['is counted in bytes', 0, 0, '漢🙂', { kind: 'append', text: '漢🙂', bytes: 7, start: 0 }],
] as const)('a chunk that %s', (_what, size, offset, text, fit) => {
  expect(fitChunk(size, offset, text)).toEqual(fit);
});

test('however a text is cut and sent again, what is appended is the text', () => {
  const cuts = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 30 });
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), cuts, (text, pairs) => {
      const characters = [...text];
      let held = '';
      for (const [a, b] of [...pairs, [0, characters.length]] as const) {
        const from = Math.min(a % (characters.length + 1), b % (characters.length + 1));
        const to = Math.max(a % (characters.length + 1), b % (characters.length + 1));
        const offset = Buffer.byteLength(characters.slice(0, from).join(''));
        const fit = fitChunk(Buffer.byteLength(held), offset, characters.slice(from, to).join(''));
        if (fit.kind === 'append') held += fit.text;
        expect(text.startsWith(held)).toBe(true);
      }
      expect(held).toBe(text);
    }),
  );
});
