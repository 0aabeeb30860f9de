import { describe, expect, it } from '@jest/globals';
import { createSparkline, sparkMinutes } from './sparkline.ts';

const at = (value: number) => ({ cpu: value, memory: value, disk: null });
const cpuOf = (line: ReturnType<typeof createSparkline>, minute: number) => line.until(minute).cpu;

describe('a sparkline', () => {
  it('is the last half hour, oldest first, with gaps', () => {
    const line = createSparkline();
    line.put(100, at(1));
    line.put(103, at(4));
    expect(cpuOf(line, 104).slice(-4)).toEqual([1, null, null, 4]);
    expect(cpuOf(line, 104)).toHaveLength(sparkMinutes);
    expect(line.until(104).disk.every((value) => value === null)).toBe(true);
  });

  it('forgets what is older, also after a long silence', () => {
    const line = createSparkline();
    for (let minute = 0; minute < 40; minute += 1) line.put(minute, at(minute));
    expect(cpuOf(line, 40)).toEqual(Array.from({ length: 30 }, (_, index) => index + 10));
    line.put(200, at(9));
    expect(cpuOf(line, 201).filter((value) => value !== null)).toEqual([9]);
  });

  it('begins anew when the clock was set far back, and is overwritten when it was a little', () => {
    const line = createSparkline();
    line.put(1000, at(1));
    line.put(990, at(2));
    expect(cpuOf(line, 1001).filter((value) => value !== null)).toEqual([2, 1]);
    line.put(100, at(3));
    expect(cpuOf(line, 101).filter((value) => value !== null)).toEqual([3]);
  });

  it('is filled up with what the disk knows, without replacing what came since', () => {
    const line = createSparkline();
    line.put(100, at(50));
    line.fill(99, at(9));
    line.fill(100, at(9));
    line.fill(60, at(9));
    expect(cpuOf(line, 101).slice(-3)).toEqual([null, 9, 50]);
  });
});
