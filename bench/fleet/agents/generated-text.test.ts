import { expect, test } from '@jest/globals';
import { bytesAt, isTextAt, periodBytes, textAt } from './generated-text.ts';

const from = (offset: number, length: number): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at < length; at += periodBytes) parts.push(bytesAt(offset + at, Math.min(periodBytes, length - at)));
  return Buffer.concat(parts);
};

test('the same offset has the same bytes, however it is come to', () => {
  const whole = from(0, 3 * periodBytes);
  for (const offset of [0, 1, 99, periodBytes - 1, periodBytes, 2 * periodBytes + 7]) {
    expect(bytesAt(offset, 500)).toEqual(whole.subarray(offset, offset + 500));
    expect(textAt(offset, 500)).toBe(whole.toString('latin1', offset, offset + 500));
  }
  expect(isTextAt(0, whole)).toBe(true);
  expect(isTextAt(12_345, whole.subarray(12_345))).toBe(true);
});

test('a byte that is missing, there twice or another shows', () => {
  const whole = from(0, 3 * periodBytes);
  for (const at of [0, 70_000, 100_000]) {
    const missing = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]);
    const twice = Buffer.concat([whole.subarray(0, at + 100), whole.subarray(at)]);
    const chunkMissing = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 65_536)]);
    const other = Buffer.from(whole);
    other[at] = (other[at] ?? 0) ^ 1;
    expect([missing, twice, chunkMissing, other].map((bytes) => isTextAt(0, bytes))).toEqual([false, false, false, false]);
  }
});
