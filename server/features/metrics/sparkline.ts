/**
 * The last half hour of one host, a byte for each minute and value, for the small charts of lists. A ring: the minute `m` is at
 * `m modulo 30`.
 */
export type Sparkline = {
  /** @param minute minutes since the epoch */
  put(minute: number, values: SparkValues): void;
  /** Does not replace what is known. */
  fill(minute: number, values: SparkValues): void;
  /** oldest first, the last is the minute before `minute` */
  until(minute: number): Sparklines;
};

export const sparkNames = ['cpu', 'memory', 'disk'] as const;
export type SparkName = (typeof sparkNames)[number];
/** percentages; null: nothing was heard in this minute */
export type SparkValues = Readonly<Record<SparkName, number | null>>;
export type Sparklines = Readonly<Record<SparkName, readonly (number | null)[]>>;

export const sparkMinutes = 30;
const none = 255;

export function createSparkline(): Sparkline {
  const ring = new Uint8Array(sparkMinutes * sparkNames.length).fill(none);
  /** the newest minute in the ring */
  let newest: number | undefined;

  /** What lies between the newest minute and this one is not known; after a jump of the time nothing is. */
  function moveTo(minute: number): void {
    const behind = newest === undefined ? sparkMinutes : minute - newest;
    if (behind <= -sparkMinutes || behind >= sparkMinutes) ring.fill(none);
    else for (let passed = (newest ?? minute) + 1; passed <= minute; passed += 1) write(passed, unknown);
    newest = minute;
  }

  function write(minute: number, values: SparkValues): void {
    for (const [index, name] of sparkNames.entries()) {
      const value = values[name];
      ring[(minute % sparkMinutes) * sparkNames.length + index] =
        value === null ? none : Math.min(100, Math.max(0, Math.round(value)));
    }
  }

  const read = (minute: number, index: number): number | null => {
    if (newest === undefined || minute > newest || minute <= newest - sparkMinutes) return null;
    const value = ring[(minute % sparkMinutes) * sparkNames.length + index];
    return value === undefined || value === none ? null : value;
  };

  return {
    put(minute, values) {
      if (newest === undefined || minute > newest || minute <= newest - sparkMinutes) moveTo(minute);
      write(minute, values);
    },
    fill(minute, values) {
      newest ??= minute;
      if (minute > newest) moveTo(minute);
      if (minute <= newest - sparkMinutes) return;
      if (sparkNames.every((_, index) => read(minute, index) === null)) write(minute, values);
    },
    until(minute) {
      const minutes = Array.from({ length: sparkMinutes }, (_, index) => minute - sparkMinutes + index);
      const [cpu = [], memory = [], disk = []] = sparkNames.map((_, index) => minutes.map((at) => read(at, index)));
      return { cpu, memory, disk };
    },
  };
}

const unknown: SparkValues = { cpu: null, memory: null, disk: null };
