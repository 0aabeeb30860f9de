import { describe, expect, test } from '@jest/globals';
import { ago, moment, took } from './times.ts';

const now = Date.parse('2026-01-05T12:00:00.000Z');

describe('times for people', () => {
  test.each([
    ['2026-01-05T11:59:59.500Z', 'now'],
    ['2026-01-05T11:59:30.000Z', '30 s ago'],
    ['2026-01-05T09:30:00.000Z', '2 h ago'],
    ['2026-01-07T12:30:00.000Z', 'in 2 d'],
    [null, '–'],
  ])('%s is %s', (instant, words) => {
    expect(ago(instant, now)).toBe(words);
  });

  test('a moment names its offset, so that it reads back as the same time', () => {
    const text = moment('2026-07-05T12:00:00.000Z') ?? '';
    expect(Date.parse(text.replace(' ', 'T').replace(' ', ''))).toBe(Date.parse('2026-07-05T12:00:00.000Z'));
  });

  test('a duration is told in its own size', () => {
    expect([took(35), took(61_000), took(null)]).toEqual(['35 ms', '1 min 1 s', '–']);
  });
});
