/** Wall-clock time of a place. `second` is counted in the day, so that times of one day compare by it. */
export type WallClock = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly secondOfDay: number;
  readonly offsetMs: number;
};

export type TimeZone = { wallClock(instant: number): WallClock };

const zones = new Map<string, TimeZone>();

/** Throws a RangeError for a name that the runtime does not know. */
export function timeZone(name: string): TimeZone {
  // names are the same in every case, and each is kept
  const key = name.toLowerCase();
  let zone = zones.get(key);
  if (zone === undefined) {
    zone = createZone(name);
    zones.set(key, zone);
  }
  return zone;
}

function createZone(name: string): TimeZone {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: name,
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return {
    wallClock(instant) {
      const parts: Record<string, number> = {};
      for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value);
      const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
      const local = Date.UTC(year, month - 1, day, hour, minute, second);
      return {
        year,
        month,
        day,
        weekday: new Date(local).getUTCDay(),
        secondOfDay: hour * 3600 + minute * 60 + second,
        offsetMs: local - Math.floor(instant / 1000) * 1000,
      };
    },
  };
}
