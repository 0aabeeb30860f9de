/** A session ends when it was not used for so long … */
const idleMs = 12 * 3_600_000;
/** … and at this age in any case. */
export const longestSessionMs = 7 * 86_400_000;
/** Moving the end is a write: not for less than this. */
const slideStepMs = 5 * 60_000;

/** When a session that is used now ends. */
export const sessionEnd = (createdAt: number, usedAt: number): number => Math.min(usedAt + idleMs, createdAt + longestSessionMs);

/** From when on a use moves the end far enough to be worth a write. */
export const slidesFrom = (createdAt: number, endsAt: number): number =>
  endsAt >= createdAt + longestSessionMs ? Number.POSITIVE_INFINITY : endsAt - idleMs + slideStepMs;
