import { parse, validateDetailed } from 'node-cron';
import { MusterError } from '../../../shared/errors.ts';
import { type TimeZone, timeZone, type WallClock } from './time-zone.ts';

/**
 * Cron arithmetic. Expressions are read by node-cron: five fields, six with seconds first, names, `@daily` and the like, `L`, `15W`,
 * `1#2`. As in crontab, a day matches by day of month *or* by day of week when both are restricted.
 *
 * Daylight saving: an expression that names its hours fires once at a wall-clock time that comes twice (the first of the two) and
 * at the end of the gap for times that do not come at all. One that runs every hour simply follows real time.
 */
export type Cron = ReturnType<typeof parse> & {
  /** written as `*` (or `?`): a field that names every day restricts the day all the same, as in crontab */
  readonly anyDay: boolean;
  readonly anyWeekday: boolean;
};

export function parseCron(expression: string): Cron {
  const { valid, errors } = validateDetailed(expression);
  if (!valid) {
    const [first] = errors;
    throw new MusterError(
      'schedule_invalid',
      `The cron expression is not valid: ${first?.message.replace('is a invalid', 'is an invalid') ?? 'it cannot be read'}. Use five fields such as \`0 9 * * 1-5\`, or @hourly, @daily, @weekly, @monthly.`,
      { field: 'cron' },
    );
  }
  const cron = parse(expression);
  const fields = expression.trim().split(/\s+/);
  const isFree = (field: string | undefined): boolean => field === '*' || field === '?';
  return fields.length === 1
    ? { ...cron, anyDay: cron.dayOfMonth.length === 31, anyWeekday: cron.dayOfWeek.length === 7 }
    : { ...cron, anyDay: isFree(fields.at(-3)), anyWeekday: isFree(fields.at(-1)) };
}

export function parseZone(name: string): TimeZone {
  try {
    return timeZone(name);
  } catch (cause) {
    throw new MusterError(
      'schedule_invalid',
      `There is no time zone ${JSON.stringify(name)}; use an IANA name such as Europe/Berlin or UTC.`,
      { field: 'timeZone', cause },
    );
  }
}

const secondMs = 1000;
const hourMs = 3600 * secondMs;
/** An expression that does not fire within this time never does (the rarest, 29 February on a given weekday, comes every 28 years, 40 around 2100). */
const horizonMs = 41 * 366 * 24 * hourMs;

/** ms of the first firing strictly after `after`, or null when it never fires. */
export function nextFiring(cron: Cron, zone: TimeZone, after: number): number | null {
  const everyHour = cron.hour.length === 24;
  let at = Math.floor(after / secondMs) * secondMs + secondMs;
  let wall = zone.wallClock(at);
  // the first instant may itself be the end of a gap
  let before = zone.wallClock(at - secondMs);
  for (const end = at + horizonMs; at < end; ) {
    if (!everyHour && wall.offsetMs > before.offsetMs && gapHolds(cron, before, wall)) return at;
    const step = stepTo(cron, wall);
    if (step === 0 && (everyHour || !isSecondTime(zone, at, wall))) return at;
    const next = at + Math.max(step, 1) * secondMs;
    const nextWall = zone.wallClock(next);
    const jump = nextWall.offsetMs === wall.offsetMs ? undefined : transitionBetween(zone, at, next);
    before = jump === undefined ? nextWall : zone.wallClock(jump - secondMs);
    at = jump ?? next;
    wall = jump === undefined ? nextWall : zone.wallClock(jump);
  }
  return null;
}

/** Whether it fires at all on the day of a wall-clock time. */
export const firesOn = (cron: Cron, wall: WallClock): boolean => cron.month.includes(wall.month) && dayMatches(cron, wall);

/** Seconds to the next wall-clock time that is worth a look; 0 when this one matches. */
function stepTo(cron: Cron, wall: WallClock): number {
  const { secondOfDay } = wall;
  if (!firesOn(cron, wall)) return 86_400 - secondOfDay;
  const hour = Math.floor(secondOfDay / 3600);
  const minute = Math.floor((secondOfDay % 3600) / 60);
  if (!cron.hour.includes(hour)) return 3600 - (secondOfDay % 3600);
  if (!cron.minute.includes(minute)) return 60 - (secondOfDay % 60);
  const second = cron.second.find((value) => value >= secondOfDay % 60);
  return second === undefined ? 60 - (secondOfDay % 60) : second - (secondOfDay % 60);
}

function dayMatches(cron: Cron, wall: WallClock): boolean {
  const byDay = cron.dayOfMonth.some((day) => dayOfMonthMatches(day, wall));
  const byWeekday = cron.dayOfWeek.some((day) => weekdayMatches(day, wall));
  if (cron.anyDay) return byWeekday;
  if (cron.anyWeekday) return byDay;
  return byDay || byWeekday;
}

const daysIn = ({ year, month }: WallClock): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

function dayOfMonthMatches(day: number | string, wall: WallClock): boolean {
  if (typeof day === 'number') return day === wall.day;
  if (day.toUpperCase() === 'L') return wall.day === daysIn(wall);
  const nearest = /^(\d+)W$/i.exec(day);
  return nearest === null ? Number(day) === wall.day : wall.day === nearestWeekday(Number(nearest[1]), wall);
}

/** The Monday to Friday that is closest to a day, within its month. */
function nearestWeekday(day: number, wall: WallClock): number {
  const last = daysIn(wall);
  const target = Math.min(day, last);
  const weekday = new Date(Date.UTC(wall.year, wall.month - 1, target)).getUTCDay();
  if (weekday === 6) return target > 1 ? target - 1 : target + 2;
  if (weekday === 0) return target < last ? target + 1 : target - 2;
  return target;
}

function weekdayMatches(day: number | string, wall: WallClock): boolean {
  if (typeof day === 'number') return day % 7 === wall.weekday;
  const nth = /^(\d)#(\d)$/.exec(day);
  if (nth !== null) return Number(nth[1]) % 7 === wall.weekday && Math.ceil(wall.day / 7) === Number(nth[2]);
  const last = /^(\d)L$/i.exec(day);
  if (last !== null) return Number(last[1]) % 7 === wall.weekday && wall.day + 7 > daysIn(wall);
  return Number(day) % 7 === wall.weekday;
}

/** The first instant at which the offset is the new one. */
function transitionBetween(zone: TimeZone, from: number, to: number): number {
  const old = zone.wallClock(from).offsetMs;
  let low = from / secondMs;
  let high = to / secondMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.wallClock(middle * secondMs).offsetMs === old) low = middle;
    else high = middle;
  }
  return high * secondMs;
}

/** Whether a wall-clock time that the clocks jumped over would have matched. */
function gapHolds(cron: Cron, before: WallClock, after: WallClock): boolean {
  const from = before.secondOfDay + 1;
  const length = (after.offsetMs - before.offsetMs) / secondMs;
  for (let second = from; second < from + length; ) {
    const day = second < 86_400 ? before : after;
    const step = stepTo(cron, { ...day, secondOfDay: second % 86_400 });
    if (step === 0) return true;
    second += step;
  }
  return false;
}

/** Whether this wall-clock time was there already: the clocks were put back in the last hours. */
function isSecondTime(zone: TimeZone, at: number, wall: WallClock): boolean {
  const earlier = zone.wallClock(at - 3 * hourMs);
  const shift = earlier.offsetMs - wall.offsetMs;
  if (shift <= 0) return false;
  const first = zone.wallClock(at - shift);
  return first.secondOfDay === wall.secondOfDay && first.day === wall.day;
}
