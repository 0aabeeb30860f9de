import { describe, expect, it } from '@jest/globals';
import { metricRanges } from '../../../shared/api/metrics.ts';
import { blocksBetween } from './levels.ts';
import { bridged, merged, spanOf } from './ranges.ts';

const now = Date.parse('2026-03-01T12:34:56Z') / 1000;

describe('the span of a chart', () => {
  it.each(metricRanges)('of %s has at most 500 steps, begins at one, and its last holds the present', (range) => {
    const { from, to, stepSeconds, merge } = spanOf(range, now);
    const step = stepSeconds * merge;
    expect((to - from) / step).toBeLessThanOrEqual(500);
    expect([from % step, to % step]).toEqual([0, 0]);
    expect(now >= to - step && now < to).toBe(true);
  });

  it('names the blocks that it touches, and no others', () => {
    expect(blocksBetween(10, 600, 1200)).toEqual([600]);
    expect(blocksBetween(10, 1190, 1210)).toEqual([600, 1200]);
    expect(blocksBetween(10, 600, 600)).toEqual([]);
  });
});

describe('a line over steps without a heartbeat', () => {
  it('is drawn where a single one came late, and not where two are missing', () => {
    expect(bridged([1, null, 3, null, null, 6], 10, 10)).toEqual([1, 2, 3, null, null, 6]);
  });

  it('is drawn where heartbeats are further apart than the steps', () => {
    expect(bridged([0, null, null, 30, null], 10, 30)).toEqual([0, 10, 20, 30, null]);
  });

  it('never begins or ends a series', () => {
    expect(bridged([null, 1, null], 10, 60)).toEqual([null, 1, null]);
  });
});

describe('steps that are joined', () => {
  it('have the mean of what is known, or the highest, and null where nothing is', () => {
    const values = [1, null, 3, null, null, null, 7];
    expect(merged(values, 3, 'mean')).toEqual([2, null, 7]);
    expect(merged(values, 3, 'highest')).toEqual([3, null, 7]);
    expect(merged(values, 1, 'mean')).toEqual(values);
  });
});
