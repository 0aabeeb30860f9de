import { describe, expect, test } from '@jest/globals';
import { Cron as Croner } from 'croner';
import fc from 'fast-check';
import { nextFiring, parseCron, parseZone } from './cron.ts';

/** Places whose clocks change by an hour, half an hour or two, at night or at midnight, in March or in September, or never. */
const zones = [
  'UTC', 'Europe/Berlin', 'America/New_York', 'America/Santiago', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Chatham',
  'Pacific/Apia', 'Antarctica/Troll', 'Africa/Casablanca', 'America/Sao_Paulo', 'Asia/Tehran', 'Asia/Kolkata',
]; // biome-ignore format: a list of names

function field(min: number, max: number): fc.Arbitrary<string> {
  const value = fc.integer({ min, max });
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    { weight: 2, arbitrary: value.map(String) },
    fc.integer({ min: 2, max: Math.max(2, Math.floor((max - min) / 2)) }).map((step) => `*/${step}`),
    fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.uniqueArray(value, { minLength: 2, maxLength: 4 }).map((list) => list.sort((a, b) => a - b).join(',')),
  );
}

const expression = fc
  .tuple(
    fc.option(field(0, 59), { nil: undefined }),
    field(0, 59),
    field(0, 23),
    fc.oneof(fc.constant('*'), field(1, 28)),
    field(1, 12),
    fc.oneof(fc.constant('*'), field(0, 6)),
  )
  .map((fields) => fields.filter((text) => text !== undefined).join(' '));

/** Half of them within days of a change of the clocks somewhere. */
const instant = fc.oneof(
  fc.integer({ min: Date.UTC(2024, 0, 1) / 1000, max: Date.UTC(2031, 0, 1) / 1000 }),
  fc
    .tuple(fc.integer({ min: 2024, max: 2030 }), fc.constantFrom(2, 3, 8, 9, 10), fc.integer({ min: 0, max: 31 * 86_400 }))
    .map(([year, month, seconds]) => Date.UTC(year, month, 1) / 1000 + seconds),
);

/** Our rule for a time that the clocks jump over: once, at the end of the gap. The other library drops some of them until the next day. */
function isEndOfGap(zone: string, at: number): boolean {
  const { wallClock } = parseZone(zone);
  return wallClock(at).offsetMs > wallClock(at - 1000).offsetMs;
}

/** Our rule for a time that comes twice: the first one fires. The other library, asked when that one has passed, answers the second. */
function isSecondOfTwo(zone: string, at: number): boolean {
  const { wallClock } = parseZone(zone);
  const { offsetMs } = wallClock(at);
  return [1800, 3600, 7200].some((seconds) => wallClock(at - seconds * 1000).offsetMs - offsetMs === seconds * 1000);
}

describe('the next firing', () => {
  test('is the one that an independent library finds, for 10,000 expressions, zones and instants', () => {
    let exceptions = 0;
    fc.assert(
      fc.property(expression, fc.constantFrom(...zones), instant, (text, zone, seconds) => {
        const after = seconds * 1000;
        const ours = nextFiring(parseCron(text), parseZone(zone), after);
        const theirs = new Croner(text, { timezone: zone, paused: true }).nextRun(new Date(after))?.getTime() ?? null;
        if (ours === theirs) return;
        const differs = ours !== null && theirs !== null;
        const byRule = differs && (theirs > ours ? isEndOfGap(zone, ours) : isSecondOfTwo(zone, theirs));
        expect({ ours, theirs, byRule }).toEqual({ ours, theirs, byRule: true });
        exceptions += 1;
      }),
      {
        numRuns: 10_000,
        examples: [
          ['0 0,1 * * *', 'America/St_Johns', 1_730_604_600],
          ['* 2,16,19 * * */2', 'Europe/Berlin', 1_806_193_947],
        ],
      },
    );
    // the rules that differ must stay the exceptions that they are
    expect(exceptions).toBeLessThan(20);
  });
});
