import type { Policy } from '../../../shared/api/tasks.ts';

/** What is to be done about a task that is due: pure, so that every lateness can be tried. */
export type DuePlan = {
  /** firings whose time passed unseen; they leave one row that says so */
  readonly missed: Span | undefined;
  /** the firings to run now, oldest first */
  readonly fires: readonly number[];
  /** the firing that the calendar closes now, with those that it closes after it: one row for all of them, until it opens */
  readonly closed: (Span & { readonly why: string }) | undefined;
  readonly next: number | null;
};

export type Span = { readonly count: number; readonly first: number; readonly last: number; readonly more: boolean };

export type DueTiming = {
  /** the firing that follows one */
  readonly next: (after: number) => number | null;
  /** the first firing after an instant that need not be one */
  readonly skipTo: (now: number) => number | null;
  /** why the calendar does not let it run; undefined if it does */
  readonly closed?: (at: number) => string | undefined;
  readonly catchUp?: Policy['catchUp'];
};

/** A firing that is later than this is missed: nobody expects yesterday's restart today. */
export const lateAfterMs = 60_000;
/** So many missed firings are counted one by one; beyond, the row says "more than". */
const countedAtMost = 10_000;
/** So many firings are made up for with `catchUp: all`, the latest ones. */
export const caughtUpAtMost = 100;

/**
 * Of the firings that are due, the last one runs if it is not too late, and the ones before it were missed. `catchUp` makes up for them:
 * `last` runs the last one however late it is, `all` runs the latest hundred.
 */
export function planDue(due: number, now: number, timing: DueTiming): DuePlan {
  const { next, skipTo, closed = () => undefined, catchUp = 'none' } = timing;
  let { passed, following } = walk(due, now, next);
  const counted = passed.length;
  const more = following !== null && following <= now;
  const first = passed[0] ?? due;
  if (more) {
    // too many to count: only the latest of them can matter
    if (catchUp !== 'none') passed = latest(due, now, timing);
    following = skipTo(now);
  }
  const isLate = (at: number): boolean => now - at > lateAfterMs;
  const open = passed.filter((at) => closed(at) === undefined);
  const fires = more && catchUp === 'none' ? [] : chosen(open, catchUp, isLate);
  const last = passed.at(-1);
  const why = last === undefined || isLate(last) || more ? undefined : closed(last);
  const shut = why === undefined ? [] : passed.slice(passed.findLastIndex((at) => closed(at) === undefined || isLate(at)) + 1);
  const missed = passed.filter((at) => !fires.includes(at) && !shut.includes(at));
  const count = more ? counted - fires.length : missed.length;
  const ahead = why === undefined ? { count: 0, last: undefined, following } : whileClosed(following, next, closed);
  return {
    missed: more
      ? { count, first, last: missed.at(-1) ?? passed.at(-1) ?? first, more }
      : missed[0] === undefined
        ? undefined
        : { count, first: missed[0], last: missed.at(-1) ?? missed[0], more },
    fires,
    closed:
      why === undefined || shut[0] === undefined
        ? undefined
        : { count: shut.length + ahead.count, first: shut[0], last: ahead.last ?? shut.at(-1) ?? shut[0], more: false, why },
    next: ahead.following,
  };
}

/** A closed time is walked through this far; where it is longer, another row tells of the rest. */
const closedAtMost = 2000;
const closedForMs = 370 * 86_400_000;

type Walked = { passed: number[]; following: number | null };

function walk(from: number | null, now: number, next: DueTiming['next'], most = countedAtMost): Walked {
  const passed: number[] = [];
  let following = from;
  while (following !== null && following <= now && passed.length < most) {
    passed.push(following);
    following = next(following);
  }
  return { passed, following };
}

/**
 * The latest of more firings than are counted, enough of them that are not closed if there are. How far back they begin is found by
 * halving: firings may lie close together for a while and far apart for another.
 */
function latest(due: number, now: number, { next, skipTo, closed = () => undefined }: DueTiming): number[] {
  let found: number[] = [];
  let [near, far] = [now, due];
  for (let since = now - lookBackMs; near - far > lookBackMs; since = Math.floor((near + far) / 2)) {
    const { passed, following } = walk(skipTo(Math.max(since, far)), now, next, latestAtMost);
    if (following !== null && following <= now) {
      far = since;
      continue;
    }
    found = passed;
    near = since;
    if (passed.filter((at) => closed(at) === undefined).length >= caughtUpAtMost) break;
  }
  return found;
}

const lookBackMs = 60_000;
/** Looked at again for each halving, and all the tasks of a server may be late at once. */
const latestAtMost = 2000;

function chosen(open: readonly number[], catchUp: Policy['catchUp'], isLate: (at: number) => boolean): readonly number[] {
  if (catchUp === 'all') return open.slice(-caughtUpAtMost);
  const last = open.at(-1);
  return last !== undefined && (catchUp === 'last' || !isLate(last)) ? [last] : [];
}

function whileClosed(from: number | null, next: DueTiming['next'], closed: NonNullable<DueTiming['closed']>) {
  let count = 0;
  let last: number | undefined;
  let following = from;
  while (following !== null && count < closedAtMost && following - (from ?? 0) < closedForMs && closed(following) !== undefined) {
    count += 1;
    last = following;
    following = next(following);
  }
  return { count, last, following };
}
