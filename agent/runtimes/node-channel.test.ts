import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { piecesOf } from './node-channel.ts';

it('cuts a long text into pieces that are bounded, whole, and together the same text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 5 }), (text, longest) => {
      const pieces = [...piecesOf(text, longest)];
      expect(pieces.join('')).toBe(text);
      for (const piece of pieces) {
        expect(piece.length).toBeLessThanOrEqual(longest);
        expect(piece).not.toBe('');
        expect(piece.isWellFormed()).toBe(true);
      }
    }),
  );
});
