import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFenceReader } from './fence-reader.ts';
import { fence } from './node-channel.ts';

function readAll(pieces: readonly Buffer[]): string[] {
  const heard = [''];
  const reader = createFenceReader(
    (text) => {
      heard[heard.length - 1] += text;
    },
    () => heard.push(''),
  );
  for (const piece of pieces) reader.read(piece);
  return heard;
}

describe('a fence in the output of a runner', () => {
  it('parts what came before from what came after', () => {
    expect(readAll([Buffer.from(`one${fence}two${fence}`)])).toEqual(['one', 'two', '']);
  });

  it('is found however it is cut, and is never shown', () => {
    const text = Buffer.from(`a\0mus€${fence}\0${fence}z`);
    fc.assert(
      fc.property(fc.nat({ max: text.length }), fc.nat({ max: text.length }), (one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        expect(readAll([text.subarray(0, from), text.subarray(from, to), text.subarray(to)])).toEqual([
          'a\u2400mus€',
          '\u2400',
          'z',
        ]);
      }),
    );
  });
});
