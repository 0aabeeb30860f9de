import { describe, expect, test } from '@jest/globals';
import { type Calendar, closedAt, parseWindow } from './calendar.ts';
import { parseZone } from './cron.ts';
import { type Timing, upcoming } from './schedules.ts';

const calendar = (changes: Partial<Calendar>): Calendar => ({
  startsAt: null,
  endsAt: null,
  excludeDates: [],
  blackout: [],
  ...changes,
});
const berlin = parseZone('Europe/Berlin');
const isClosed = (blackout: string, at: string): boolean =>
  closedAt(calendar({ blackout: [blackout] }), berlin, Date.parse(at)) !== undefined;

const timing = (changes: Partial<Timing>, of: Partial<Calendar> = {}): Timing => ({
  type: 'Scheduled',
  cron: '0 * * * *',
  time_zone: 'Europe/Berlin',
  every_seconds: null,
  calendar: JSON.stringify(calendar(of)),
  ...changes,
});
const next = (of: Timing, after: string, count: number): string[] =>
  upcoming(of, Date.parse(after), count).map(({ at, skipped }) =>
    `${new Date(at).toISOString().slice(0, 16)} ${skipped ?? ''}`.trim(),
  );

describe('a blackout', () => {
  test.each([
    // a Friday, in winter: Berlin is an hour ahead of UTC
    ['Mon-Fri 09:00-17:00', '2026-01-09T07:59:59Z', false],
    ['Mon-Fri 09:00-17:00', '2026-01-09T08:00:00Z', true],
    ['Mon-Fri 09:00-17:00', '2026-01-09T15:59:59Z', true],
    ['Mon-Fri 09:00-17:00', '2026-01-09T16:00:00Z', false],
    ['Mon-Fri 09:00-17:00', '2026-01-10T12:00:00Z', false],
    // over midnight it belongs to the day on which it begins
    ['Fri 22:00-06:00', '2026-01-09T21:00:00Z', true],
    ['Fri 22:00-06:00', '2026-01-10T04:59:00Z', true],
    ['Fri 22:00-06:00', '2026-01-10T05:00:00Z', false],
    ['Fri 22:00-06:00', '2026-01-10T21:00:00Z', false],
    ['22:00-06:00', '2026-01-07T00:00:00Z', true],
    ['Sat,Sun 00:00-24:00', '2026-01-11T22:59:59Z', true],
    ['Sat,Sun 00:00-24:00', '2026-01-11T23:00:00Z', false],
    ['Fri-Mon 00:00-24:00', '2026-01-12T12:00:00Z', true],
    ['Fri-Mon 00:00-24:00', '2026-01-13T12:00:00Z', false],
    // in summer two hours ahead
    ['Mon-Fri 09:00-17:00', '2026-07-10T07:00:00Z', true],
    ['Mon-Fri 09:00-17:00', '2026-07-10T15:00:00Z', false],
    // 2026-03-29, 02:00 becomes 03:00; 2026-10-25, 03:00 becomes 02:00: by the clock on the wall
    ['Sun 02:00-03:00', '2026-03-29T01:00:00Z', false],
    ['Sun 02:00-03:00', '2026-10-25T00:30:00Z', true],
    ['Sun 02:00-03:00', '2026-10-25T01:30:00Z', true],
    ['Sun 02:00-03:00', '2026-10-25T02:00:00Z', false],
  ])('%s at %s: %j', (blackout, at, expected) => {
    expect(isClosed(blackout, at)).toBe(expected);
  });

  test.each([
    '',
    'Mon',
    '9-17',
    'Mon-Fri 09:00',
    'Foo 09:00-10:00',
    'Mon 25:00-26:00',
    '10:00-10:00',
    'Mon 09:60-10:00',
    'Mon-Wed-Fri 09:00-10:00',
    '24:00-06:00',
    'Mon 09:00-00:00',
  ])('is not %j', (text) => {
    expect(() => parseWindow(text)).toThrow('is not a blackout window');
  });
});

describe('the next firings', () => {
  test('leave out excluded dates, by the zone of the task, and tell of the first one that is left out', () => {
    const of = timing({ cron: '30 0 * * *' }, { excludeDates: ['2026-01-02', '2026-01-03'] });
    expect(next(of, '2025-12-31T12:00:00Z', 3)).toEqual([
      '2025-12-31T23:30',
      '2026-01-01T23:30 the excluded date 2026-01-02',
      '2026-01-03T23:30',
    ]);
  });

  test('begin and end with the dates of the task', () => {
    const of = timing({}, { startsAt: Date.parse('2026-01-01T10:00:00Z'), endsAt: Date.parse('2026-01-01T12:00:00Z') });
    expect(next(of, '2025-01-01T00:00:00Z', 9)).toEqual(['2026-01-01T10:00', '2026-01-01T11:00', '2026-01-01T12:00']);
  });

  test('of an interval are counted from its start', () => {
    const of = timing({ type: 'Interval', cron: null, every_seconds: 3600 }, { startsAt: Date.parse('2026-01-01T10:20:00Z') });
    expect(next(of, '2025-01-01T00:00:00Z', 2)).toEqual(['2026-01-01T10:20', '2026-01-01T11:20']);
    expect(next(of, '2026-01-05T10:30:00Z', 1)).toEqual(['2026-01-05T11:20']);
  });

  test('come to an end when the calendar never opens', () => {
    expect(next(timing({}, { blackout: ['00:00-24:00'] }), '2026-01-01T00:00:00Z', 5)).toHaveLength(1);
  });
});
