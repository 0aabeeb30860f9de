import { describe, expect, it } from '@jest/globals';
import type { Metrics } from '../../../shared/metrics.ts';
import { createHostHistory, maxWaiting } from './host-history.ts';
import { unpackValue } from './sample.ts';

const metrics = (cpuPercent: number, more: Partial<Metrics> = {}): Metrics => ({
  cpuPercent,
  memoryUsedBytes: 1,
  memoryTotalBytes: 4,
  diskUsedBytes: 1,
  diskTotalBytes: 2,
  load1: 0.5,
  agentMemoryBytes: 1,
  ...more,
});
const start = 1_800_000_000;
const cpu = (sample: readonly number[]) => unpackValue('cpuPercent', sample[0] as number);
const cpuMax = (sample: readonly number[]) => unpackValue('cpuMaxPercent', sample[1] as number);

describe('the history of a host in memory', () => {
  it('rolls heartbeats up to averages of each level, and keeps the highest CPU', () => {
    const history = createHostHistory();
    for (let second = 0; second <= 900; second += 10) history.add(metrics(second === 50 ? 90 : 10), start + second);
    const ended = history.take();
    expect(ended.filter(({ level }) => level === 'raw')).toHaveLength(90);
    const minutes = ended.filter(({ level }) => level === 'minute');
    expect(minutes.map(({ at }) => at)).toEqual(Array.from({ length: 15 }, (_, minute) => start + minute * 60));
    expect(cpu(minutes[0]?.sample ?? [])).toBeCloseTo((5 * 10 + 90) / 6, 2);
    expect(cpuMax(minutes[0]?.sample ?? [])).toBe(90);
    const quarters = ended.filter(({ level }) => level === 'quarter');
    expect(quarters).toHaveLength(1);
    expect(cpu(quarters[0]?.sample ?? [])).toBeCloseTo((89 * 10 + 90) / 90, 2);
  });

  it('has no step where nothing was heard: a gap is no 0', () => {
    const history = createHostHistory();
    history.add(metrics(5), start);
    history.add(metrics(5), start + 300);
    history.end(start + 310);
    expect(
      history
        .take()
        .filter(({ level }) => level === 'minute')
        .map(({ at }) => at),
    ).toEqual([start]);
  });

  it('averages the network only over the heartbeats that told of it', () => {
    const history = createHostHistory();
    history.add(metrics(5), start);
    history.add(metrics(5, { networkReceiveBytesPerSecond: 1000, networkTransmitBytesPerSecond: 0 }), start + 10);
    const [minute] = history.steps('minute');
    expect(unpackValue('networkReceiveBytesPerSecond', minute?.sample[5] as number)).toBe(1000);
    expect(unpackValue('networkTransmitBytesPerSecond', minute?.sample[6] as number)).toBe(0);
  });

  it('goes on when the clock is set back: the step is told again', () => {
    const history = createHostHistory();
    history.add(metrics(10), start + 100);
    history.add(metrics(20), start);
    history.add(metrics(30), start + 100);
    history.end(start + 200);
    const raw = history.take().filter(({ level }) => level === 'raw');
    expect(raw.map(({ at, sample }) => [at - start, cpu(sample)])).toEqual([
      [100, 10],
      [0, 20],
      [100, 30],
    ]);
  });

  it('is seen while it is being written, and kept when that fails', () => {
    const history = createHostHistory();
    history.add(metrics(1), start);
    history.add(metrics(2), start + 10);
    expect(history.take()).toHaveLength(1);
    history.add(metrics(3), start + 20);
    expect(history.steps('raw').map(({ at }) => at - start)).toEqual([0, 10, 20]);
    history.putBack();
    expect(history.take().map(({ at }) => at - start)).toEqual([0, 10]);
    history.wrote();
    expect(history.waiting()).toBe(0);
  });

  it('is bounded when nothing can be written: the oldest steps go', () => {
    const history = createHostHistory();
    for (let second = 0; second < 20_000; second += 10) history.add(metrics(1), start + second);
    expect(history.waiting()).toBe(maxWaiting);
    expect(history.take().at(-1)?.at).toBe(start + 19_980);
  });
});
