import { describe, expect, test } from '@jest/globals';
import { planDue } from './due.ts';

const every = (ms: number) => (after: number) => after + ms;
const inStep = (from: number, ms: number) => (now: number) => from + (Math.floor((now - from) / ms) + 1) * ms;

describe('planDue', () => {
  test('a firing that is due now runs, and the next one follows it', () => {
    expect(planDue(1000, 1002, { next: every(5000), skipTo: inStep(1000, 5000) })).toEqual({
      missed: undefined,
      fires: [1000],
      closed: undefined,
      next: 6000,
    });
  });

  test('after a short stop the last firing still runs and the ones before it are told as missed', () => {
    expect(planDue(1000, 12_000, { next: every(5000), skipTo: inStep(1000, 5000) })).toEqual({
      missed: { count: 2, first: 1000, last: 6000, more: false },
      fires: [11_000],
      closed: undefined,
      next: 16_000,
    });
  });

  test('after a long stop nothing runs late', () => {
    const plan = planDue(0, 3_600_000 * 5 + 120_000, { next: every(3_600_000), skipTo: inStep(0, 3_600_000) });
    expect(plan).toEqual({
      missed: { count: 6, first: 0, last: 18_000_000, more: false },
      fires: [],
      closed: undefined,
      next: 21_600_000,
    });
  });

  test('a very long stop is not counted to its end', () => {
    const plan = planDue(0, 100_000_000, { next: every(1000), skipTo: inStep(0, 1000) });
    expect(plan.missed).toMatchObject({ count: 10_000, more: true });
    expect(plan.fires).toEqual([]);
    expect(plan.next).toBe(100_001_000);
  });

  test('the last of very many is made up for, however long ago they stopped', () => {
    // each minute of the first day of a month of 30 days, and of no other day
    const [minute, day, month] = [60_000, 86_400_000, 30 * 86_400_000];
    const after = (at: number): number => {
      const next = (Math.floor(at / minute) + 1) * minute;
      return next % month < day ? next : (Math.floor(next / month) + 1) * month;
    };
    const lastOf = (ofMonth: number): number => ofMonth * month + day - minute;
    const now = 11 * month - minute;
    const plan = (catchUp: 'last' | 'all') => planDue(0, now, { next: after, skipTo: after, catchUp });
    expect(plan('last')).toMatchObject({ fires: [lastOf(10)], next: 11 * month, missed: { first: 0, more: true } });
    const all = plan('all').fires;
    expect([all.length, all[0], all.at(-1)]).toEqual([100, lastOf(10) - 99 * minute, lastOf(10)]);
  });

  test('of very many the latest that are not closed are made up for', () => {
    const closed = (at: number): string | undefined => (at > 90_000_000 ? 'a window' : undefined);
    const { fires } = planDue(0, 91_000_000, { next: every(1000), skipTo: inStep(0, 1000), closed, catchUp: 'all' });
    expect([fires.length, fires[0], fires.at(-1)]).toEqual([100, 89_901_000, 90_000_000]);
  });
});
