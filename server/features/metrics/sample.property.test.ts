import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { metricNames } from '../../../shared/api/metrics.ts';
import { blockBytes, emptyBlock, putSample, readBlock, sampleAt } from './block.ts';
import { stepsPerBlock } from './levels.ts';
import { none, pack, type Sample, unpackValue } from './sample.ts';

const share = fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: null });
const load = fc.option(fc.double({ min: 0, max: 655, noNaN: true }), { nil: null });
const rate = fc.option(fc.double({ min: 0, max: 1e13, noNaN: true }), { nil: null });
const samples: fc.Arbitrary<Sample> = fc.record({
  cpuPercent: share,
  cpuMaxPercent: share,
  memoryPercent: share,
  diskPercent: share,
  load1: load,
  networkReceiveBytesPerSecond: rate,
  networkTransmitBytesPerSecond: rate,
});

describe('a packed sample', () => {
  it('says what went in, to a hundredth or to a two-thousandth part, and null stays null', () => {
    fc.assert(
      fc.property(samples, (sample) => {
        const packed = pack(sample);
        for (const [index, name] of metricNames.entries()) {
          const value = sample[name];
          const read = unpackValue(name, packed[index] as number);
          if (value === null) expect(read).toBeNull();
          else if (name.startsWith('network')) expect(Math.abs((read as number) - value)).toBeLessThanOrEqual(0.5 + value / 2000);
          else expect(Math.abs((read as number) - value)).toBeLessThanOrEqual(0.005_001);
        }
      }),
    );
  });

  it('holds the highest it can where a value is beyond its scale, and never the mark for "not known"', () => {
    const [cpu, , , , loadValue, receive] = pack({
      cpuPercent: -1,
      cpuMaxPercent: null,
      memoryPercent: null,
      diskPercent: null,
      load1: 1e9,
      networkReceiveBytesPerSecond: Number.MAX_SAFE_INTEGER,
      networkTransmitBytesPerSecond: Number.NaN,
    });
    expect([cpu, loadValue, receive]).toEqual([0, none - 1, none - 1]);
  });
});

describe('a block', () => {
  it('gives back each of its samples, whatever is written beside it', () => {
    const packed = fc.array(fc.integer({ min: 0, max: 0xffff }), {
      minLength: metricNames.length,
      maxLength: metricNames.length,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(stepsPerBlock - 1), packed), { maxLength: 100 }), (writes) => {
        const block = emptyBlock();
        const model = new Map<number, number[]>();
        for (const [step, sample] of writes) {
          putSample(block, step, sample);
          model.set(step, sample);
        }
        const stored = readBlock(Buffer.from(block));
        const nothing = new Array<number>(metricNames.length).fill(none);
        for (let step = 0; step < stepsPerBlock; step += 1) expect(sampleAt(stored, step)).toEqual(model.get(step) ?? nothing);
        expect(stored.byteLength).toBe(blockBytes);
      }),
    );
  });

  it('of another form is read as an empty one', () => {
    expect(readBlock(new Uint8Array([1, 2, 3]))).toEqual(emptyBlock());
  });
});
