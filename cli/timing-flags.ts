import { type Command, Option } from 'commander';
import { MusterError } from '../shared/errors.ts';
import { seconds, word } from './flags.ts';
import { withoutUndefined } from './task-flags.ts';

/** When a task fires, as flags. */
export type TimingOptions = {
  readonly cron?: string;
  readonly timeZone?: string;
  readonly every?: number;
  readonly from?: string;
  readonly until?: string;
  readonly excludeDate?: readonly string[];
  readonly blackout?: readonly string[];
};

export const addTimingFlags = (command: Command): Command =>
  command
    .option('--cron <expression>', 'when it fires: five fields, or @hourly, @daily and the like')
    .option('--time-zone <name>', 'of the cron expression, dates and windows, such as Europe/Berlin (default: UTC)')
    .addOption(new Option('--every <seconds>', 'fires again and again, such as 5m').argParser(seconds).conflicts(['cron']))
    .option('--from <time>', 'no firing before it, such as 2026-01-31T08:00:00Z')
    .option('--until <time>', 'no firing after it')
    .addOption(new Option('--exclude-date <date>', 'no firing on it, such as 2026-12-25; may be repeated').argParser(word))
    .addOption(
      new Option('--blackout <window>', 'no firing in it, such as "Mon-Fri 09:00-17:00"; may be repeated').argParser(word),
    );

/** The fields that say when, with the type of task that they make. */
export function timingOf(options: TimingOptions): Record<string, unknown> {
  const { cron, timeZone, every, from, until, excludeDate, blackout } = options;
  if (timeZone !== undefined && cron === undefined && every === undefined)
    throw new MusterError('field_invalid', '--time-zone goes with --cron or --every.', { field: '--time-zone' });
  return withoutUndefined({
    type: cron !== undefined ? 'Scheduled' : every !== undefined ? 'Interval' : 'Adhoc',
    cron,
    timeZone,
    everySeconds: every,
    startsAt: from,
    endsAt: until,
    excludeDates: excludeDate,
    blackout,
  });
}
