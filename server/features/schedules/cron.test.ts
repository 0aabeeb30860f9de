import { describe, expect, test } from '@jest/globals';
import { nextFiring, parseCron, parseZone } from './cron.ts';

const firings = (expression: string, zone: string, after: string, count: number): string[] => {
  const cron = parseCron(expression);
  const times: string[] = [];
  let at = Date.parse(after);
  while (times.length < count) {
    const next = nextFiring(cron, parseZone(zone), at);
    if (next === null) break;
    times.push(new Date(next).toISOString().replace('.000', ''));
    at = next;
  }
  return times;
};

describe('nextFiring', () => {
  test.each([
    ['*/15 * * * *', 'UTC', '2026-01-01T00:07:30Z', ['2026-01-01T00:15:00Z', '2026-01-01T00:30:00Z']],
    ['* * * * *', 'UTC', '2026-01-01T00:00:00Z', ['2026-01-01T00:01:00Z', '2026-01-01T00:02:00Z']],
    [
      '*/20 * * * * *',
      'UTC',
      '2026-01-01T00:00:00.500Z',
      ['2026-01-01T00:00:20Z', '2026-01-01T00:00:40Z', '2026-01-01T00:01:00Z'],
    ],
    ['0 9 * * 1-5', 'Europe/Berlin', '2026-01-02T08:00:00Z', ['2026-01-05T08:00:00Z', '2026-01-06T08:00:00Z']],
    ['@monthly', 'UTC', '2026-01-31T12:00:00Z', ['2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z']],
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', ['2028-02-29T00:00:00Z', '2032-02-29T00:00:00Z']],
    ['0 0 L * *', 'UTC', '2026-02-01T00:00:00Z', ['2026-02-28T00:00:00Z', '2026-03-31T00:00:00Z']],
    ['0 0 * * 1#2', 'UTC', '2026-01-01T00:00:00Z', ['2026-01-12T00:00:00Z', '2026-02-09T00:00:00Z']],
    ['0 0 * * 5L', 'UTC', '2026-01-01T00:00:00Z', ['2026-01-30T00:00:00Z', '2026-02-27T00:00:00Z']],
    ['0 0 15W * *', 'UTC', '2026-02-01T00:00:00Z', ['2026-02-16T00:00:00Z', '2026-03-16T00:00:00Z']],
    // day of month or day of week, as in crontab
    ['0 0 13 * 5', 'UTC', '2026-01-01T00:00:00Z', ['2026-01-02T00:00:00Z', '2026-01-09T00:00:00Z', '2026-01-13T00:00:00Z']],
  ])('%s in %s after %s', (expression, zone, after, expected) => {
    expect(firings(expression, zone, after, expected.length)).toEqual(expected);
  });

  test('a time in the gap of spring fires at its end, once', () => {
    // Berlin 2026-03-29: 02:00 becomes 03:00 (01:00Z)
    expect(firings('30 2 * * *', 'Europe/Berlin', '2026-03-28T02:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00Z',
      '2026-03-30T00:30:00Z',
    ]);
    expect(firings('0,30 2,3 * * *', 'Europe/Berlin', '2026-03-28T23:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00Z',
      '2026-03-29T01:30:00Z',
    ]);
  });

  test('a time that comes twice in autumn fires the first time', () => {
    // Berlin 2026-10-25: 03:00 becomes 02:00 (01:00Z)
    expect(firings('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00Z',
    ]);
  });

  test('every half hour goes through both changes in real time', () => {
    expect(firings('*/30 * * * *', 'Europe/Berlin', '2026-10-25T00:00:00Z', 4)).toEqual([
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:00:00Z',
      '2026-10-25T01:30:00Z',
      '2026-10-25T02:00:00Z',
    ]);
    expect(firings('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:30:00Z', 2)).toEqual([
      '2026-03-29T01:00:00Z',
      '2026-03-29T01:30:00Z',
    ]);
  });

  test('midnight that does not exist fires when the day begins', () => {
    // Santiago 2026-09-06: 00:00 becomes 01:00 (04:00Z)
    expect(firings('0 0 * * *', 'America/Santiago', '2026-09-05T12:00:00Z', 2)).toEqual([
      '2026-09-06T04:00:00Z',
      '2026-09-07T03:00:00Z',
    ]);
  });

  test('a date whose midnight does not exist fires when that day begins', () => {
    expect(firings('0 0 6 9 *', 'America/Santiago', '2026-06-01T00:00:00Z', 1)).toEqual(['2026-09-06T04:00:00Z']);
  });

  test('only a star leaves a day free: a range over the whole week restricts it, as in crontab', () => {
    expect(firings('0 12 17 * 0-6', 'UTC', '2026-01-01T13:00:00Z', 1)).toEqual(['2026-01-02T12:00:00Z']);
    expect(firings('0 12 17 * *', 'UTC', '2026-01-01T13:00:00Z', 1)).toEqual(['2026-01-17T12:00:00Z']);
  });

  test('an expression that never comes is refused or has no firing', () => {
    expect(() => parseCron('0 0 31 2 *')).toThrow(/cron expression is not valid/);
    expect(() => parseCron('61 * * * *')).toThrow(/61 is an invalid expression for minute/);
    expect(() => parseCron('99 * * * *')).toThrow(
      expect.objectContaining({ code: 'schedule_invalid', details: { field: 'cron' } }),
    );
    expect(() => parseZone('Mars/Olympus')).toThrow(expect.objectContaining({ code: 'schedule_invalid' }));
  });
});
