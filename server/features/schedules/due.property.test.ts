import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { caughtUpAtMost, lateAfterMs, planDue } from './due.ts';

/** Firings every `step` ms from 0 on, up to an end. */
const timing = (step: number, end: number) => {
  const within = (at: number): number | null => (at > end ? null : at);
  return {
    next: (after: number) => within((Math.floor(after / step) + 1) * step),
    skipTo: (now: number) => within((Math.floor(now / step) + 1) * step),
  };
};

const minute = 60_000;
const story = fc.record({
  step: fc.constantFrom(1000, 10_000, minute, 61_000, 3_600_000),
  due: fc.nat({ max: 500 }),
  late: fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: 5 * minute }), fc.nat({ max: 40 * 86_400_000 })),
  end: fc.constantFrom(Number.POSITIVE_INFINITY, 30 * minute, 86_400_000),
  catchUp: fc.constantFrom('none' as const, 'last' as const, 'all' as const),
  shut: fc.constantFrom(undefined, [10 * minute, 20 * minute] as const, [0, Number.POSITIVE_INFINITY] as const),
});

test('each firing that was due runs, is missed or is closed: one of them, and the next one is ahead', () => {
  fc.assert(
    fc.property(story, ({ step, due: nth, late, end, catchUp, shut }) => {
      const due = Math.min(nth * step, end);
      const now = due + late;
      const { next, skipTo } = timing(step, end);
      const closed = (at: number) => (shut !== undefined && at >= shut[0] && at < shut[1] ? 'a window' : undefined);
      const plan = planDue(due, now, { next, skipTo, closed, catchUp });

      const passed: number[] = [];
      for (let at: number | null = due; at !== null && at <= now && passed.length < 20_000; at = next(at)) passed.push(at);
      const isCounted = passed.length <= 10_000;

      expect(plan.next === null || plan.next > now).toBe(true);
      for (const at of plan.fires) {
        expect(passed.length === 20_000 || passed.includes(at)).toBe(true);
        expect(closed(at)).toBeUndefined();
        if (catchUp === 'none') expect(now - at).toBeLessThanOrEqual(lateAfterMs);
      }
      expect([...plan.fires].sort((a, b) => a - b)).toEqual(plan.fires);
      expect(new Set(plan.fires).size).toBe(plan.fires.length);
      expect(plan.fires.length).toBeLessThanOrEqual(catchUp === 'all' ? caughtUpAtMost : 1);
      if (!isCounted) {
        expect(plan.missed?.more).toBe(true);
        return;
      }
      const open = passed.filter((at) => closed(at) === undefined);
      if (catchUp === 'all') expect(plan.fires).toEqual(open.slice(-caughtUpAtMost));
      if (catchUp === 'last') expect(plan.fires).toEqual(open.slice(-1));
      // what is closed ahead of now is told of in the same row
      const ahead = plan.closed === undefined ? 0 : countBetween(plan.next, now, next);
      const told = plan.fires.length + (plan.missed?.count ?? 0) + (plan.closed?.count ?? 0) - ahead;
      expect(told).toBe(passed.length);
    }),
    { numRuns: Number(process.env.MUSTER_PROPERTY_RUNS ?? 500) },
  );
});

/** Firings after now and before the next one that will be looked at. */
function countBetween(next: number | null, now: number, follow: (after: number) => number | null): number {
  let count = 0;
  for (let at = follow(now); at !== null && (next === null || at < next); at = follow(at)) count += 1;
  return count;
}
