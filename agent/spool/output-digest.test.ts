import { expect, test } from '@jest/globals';
import { noOutputSha256 } from '../../shared/output-digest.ts';
import { createOutputDigest } from './output-digest.ts';

function digestOf(...pieces: readonly (readonly ['out' | 'err' | 'log', string])[]): string {
  const digest = createOutputDigest();
  for (const [stream, text] of pieces) digest.add(stream, Buffer.from(text));
  return digest.value();
}

test('says the same of outputs that came in other pieces, or whose streams lie otherwise between each other', () => {
  expect(digestOf(['out', 'a'], ['err', 'x'], ['out', 'b'])).toBe(digestOf(['err', 'x'], ['out', 'ab']));
});

test('tells streams and texts apart', () => {
  expect(new Set([digestOf(), digestOf(['out', 'a']), digestOf(['err', 'a']), digestOf(['out', 'b'])]).size).toBe(4);
});

test('of no output is what the server takes for it', () => {
  expect(digestOf()).toBe(noOutputSha256);
});
