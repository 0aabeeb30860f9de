import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { calendarOf } from './calendar.ts';
import { closedSpans } from './closed-spans.ts';
import { parseZone } from './cron.ts';
import { countFirings } from './firing-counts.ts';
import { hourMs, offsetSpans } from './offset-spans.ts';
import { nextTiming, type Timing, whyClosed } from './schedules.ts';

/** Arithmetic against stepping from firing to firing, around the days on which clocks are moved above all. */
const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/Santiago',
  'Asia/Beirut',
];
const moments = [
  '2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z', '2026-03-07T20:00:00Z', '2026-10-31T22:00:00Z', '2026-04-04T10:00:00Z', '2026-10-03T10:00:00Z',
  '2026-09-05T22:00:00Z', '2026-04-04T22:00:00Z', '2026-07-01T00:00:00Z', '2026-02-27T22:30:00Z',
]; // biome-ignore format: a list

const part = (values: readonly string[]) => fc.constantFrom(...values);
const cron = fc
  .tuple(
    part(['', '', '', '0,30 ', '*/20 ']),
    part(['0', '*/15', '30', '5,55', '17-23', '*']),
    part(['*', '2', '1-3', '0', '*/6', '23', '9-17', '2,3']),
    part(['*', '1', '29', 'L', '*/5', '15W']),
    part(['*', '*', '3,10', '2']),
    part(['*', '*', '0', '1-5', '6#1', '5L']),
  )
  .map(([second, ...fields]) => `${second}${fields.join(' ')}`);

const calendar = fc.record({
  startsAt: fc.constantFrom(null, null, 5 * hourMs + 1_234_567),
  endsAt: fc.constantFrom(null, null, 30 * hourMs),
  excludeDates: fc.subarray(['2026-03-29', '2026-10-25', '2026-11-01', '2026-07-02', '2026-04-05']),
  blackout: fc.subarray(['Mon-Fri 09:00-17:00', '22:00-06:00', 'Sun 02:30-03:15', 'Sat,Sun 00:00-24:00', '02:00-02:20'], {
    maxLength: 3,
  }),
});

test('counts what stepping from firing to firing finds, hour by hour, run or taken', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...moments),
      fc.constantFrom(...zones),
      fc.oneof({ weight: 3, arbitrary: cron }, { weight: 1, arbitrary: fc.constantFrom(90, 600, 3600, 5400, 90_000) }),
      calendar,
      fc.nat({ max: 3_600_000 }),
      (moment, zoneName, rule, dates, into) => {
        const from = Date.parse(moment) + into;
        const first = Math.floor(from / hourMs) * hourMs;
        const edges = [from, ...Array.from({ length: 40 }, (_, hour) => first + (hour + 1) * hourMs)];
        const to = edges.at(-1) ?? 0;
        const { startsAt, endsAt, excludeDates, blackout } = dates;
        const shifted = {
          startsAt: startsAt === null ? null : first + startsAt,
          endsAt: endsAt === null ? null : first + endsAt,
          excludeDates,
          blackout,
        };
        const timing: Timing = {
          type: typeof rule === 'string' ? 'Scheduled' : 'Interval',
          cron: typeof rule === 'string' ? rule : null,
          time_zone: zoneName,
          every_seconds: typeof rule === 'number' ? rule : null,
          calendar: JSON.stringify(shifted),
        };
        const next = nextTiming(timing, from - 1);
        const zone = offsetSpans(parseZone(zoneName), from - 3 * hourMs, to);
        const closed = closedSpans(calendarOf(timing.calendar), zone);
        const counted = countFirings({ ...timing, next_fire_at: next }, { edges, zone, closed });

        const open = new Array<number>(edges.length - 1).fill(0);
        const shut = [...open];
        for (let at = next; at !== null && at < to; at = nextTiming(timing, at)) {
          const slot = edges.findLastIndex((edge) => edge <= at);
          const of = whyClosed(timing, at) === undefined ? open : shut;
          of[slot] = (of[slot] ?? 0) + 1;
        }
        expect({ open: [...counted.open], shut: [...counted.shut] }).toEqual({ open, shut });
        expect([...counted.taken.values()].reduce((sum, count) => sum + count, 0)).toBe(
          shut.reduce((sum, count) => sum + count, 0),
        );
      },
    ),
    { numRuns: Number(process.env.MUSTER_PROPERTY_RUNS ?? 150) },
  );
});
