/** What is to be done about a task that is due: pure, so that every lateness can be tried. */
export type DuePlan = {
  /** firings whose time passed unseen; they leave one row that says so */
  readonly missed: { readonly count: number; readonly first: number; readonly last: number; readonly more: boolean } | undefined;
  /** the firing to run now */
  readonly fire: number | undefined;
  readonly next: number | null;
};

/** A firing that is later than this is missed: nobody expects yesterday's restart today. */
export const lateAfterMs = 60_000;
/** So many missed firings are counted one by one; beyond, the row says "more than". */
const countedAtMost = 10_000;

/**
 * Of the firings that are due, the last one runs if it is not too late, and the ones before it were missed.
 *
 * @param next the firing that follows one
 * @param skipTo the first firing after an instant that need not be one
 */
export function planDue(
  due: number,
  now: number,
  next: (after: number) => number | null,
  skipTo: (now: number) => number | null,
): DuePlan {
  const passed: number[] = [];
  let following: number | null = due;
  while (following !== null && following <= now && passed.length < countedAtMost) {
    passed.push(following);
    following = next(following);
  }
  const more = following !== null && following <= now;
  if (more) following = skipTo(now);
  const last = passed.at(-1);
  const fire = last !== undefined && !more && now - last <= lateAfterMs ? last : undefined;
  if (fire !== undefined) passed.pop();
  const [first] = passed;
  const missed = first === undefined ? undefined : { count: passed.length, first, last: passed.at(-1) ?? first, more };
  return { missed, fire, next: following };
}
