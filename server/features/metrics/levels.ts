/**
 * Three resolutions of the same history. All times here are whole seconds since the epoch; a step begins at a multiple of its length, and
 * so does a block, for every host alike: the keys of the blocks of any span follow from the time alone.
 */
export type Level = {
  readonly stepSeconds: number;
  readonly keepSeconds: number;
};
export type Levels = Readonly<Record<LevelName, Level>>;
export const levelNames = ['raw', 'minute', 'quarter'] as const;
export type LevelName = (typeof levelNames)[number];

export const stepSecondsOf: Readonly<Record<LevelName, number>> = { raw: 10, minute: 60, quarter: 900 };

/** Steps in one block, the same for each level: a row of less than a kilobyte. */
export const stepsPerBlock = 60;

export type MetricsKept = {
  readonly keepMetricsRawHours: number;
  readonly keepMetricsMinuteDays: number;
  readonly keepMetricsQuarterDays: number;
};

export const levelsOf = (kept: MetricsKept): Levels => ({
  raw: { stepSeconds: stepSecondsOf.raw, keepSeconds: kept.keepMetricsRawHours * 3600 },
  minute: { stepSeconds: stepSecondsOf.minute, keepSeconds: kept.keepMetricsMinuteDays * 86_400 },
  quarter: { stepSeconds: stepSecondsOf.quarter, keepSeconds: kept.keepMetricsQuarterDays * 86_400 },
});

export const stepAt = (stepSeconds: number, at: number): number => Math.floor(at / stepSeconds) * stepSeconds;

export const blockSeconds = (stepSeconds: number): number => stepSeconds * stepsPerBlock;

export const blockAt = (stepSeconds: number, at: number): number => stepAt(blockSeconds(stepSeconds), at);

/** The starts of all blocks that hold a part of `from` (included) to `to` (not included). */
export function blocksBetween(stepSeconds: number, from: number, to: number): number[] {
  const starts: number[] = [];
  for (let start = blockAt(stepSeconds, from); start < to; start += blockSeconds(stepSeconds)) starts.push(start);
  return starts;
}
