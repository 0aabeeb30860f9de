import type { Firings } from '../../../shared/api/tasks.ts';

export type FiringShown = {
  readonly at: string;
  /** `Thu 2037-01-01 09:00 UTC`, in the time zone of the schedule; with seconds where one of them has some */
  readonly local: string;
  /** the same in UTC where the zone is another; null: it is UTC */
  readonly utc: string | null;
  readonly skipped: string | null;
};

/** Firings with their day of the week, where the schedule counts its hours. The time zone has been checked: they came of it. */
export function firingsShown({ items }: Firings, timeZone = 'UTC'): FiringShown[] {
  const timeStyle = items.some(({ at }) => Date.parse(at) % 60_000 !== 0) ? 'medium' : 'short';
  const local = clockOf(timeZone, timeStyle);
  const utc = timeZone === 'UTC' ? undefined : clockOf('UTC', timeStyle);
  return items.map(({ at, skipped }) => ({
    at,
    local: `${local(at)} ${timeZone}`,
    // the day of the week stands there already, and of the two it is the one that counts
    utc: utc === undefined ? null : `${utc(at).slice(4)} UTC`,
    skipped,
  }));
}

function clockOf(timeZone: string, timeStyle: 'medium' | 'short'): (at: string) => string {
  const day = new Intl.DateTimeFormat('en', { timeZone, weekday: 'short' });
  const time = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle });
  return (at) => `${day.format(new Date(at))} ${time.format(new Date(at))}`;
}
