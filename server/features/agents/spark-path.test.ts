import { describe, expect, it } from '@jest/globals';
import { sparkPath } from './spark-path.ts';

describe('the path of a sparkline', () => {
  it('is closed below the picture, and has a part for each run of known values', () => {
    const path = sparkPath([0, 50, null, null, 100]);
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path.match(/V22Z/g)).toHaveLength(2);
    expect(path).toMatch(/^[MLHVZ0-9 .-]+$/);
  });

  it('is nothing where nothing is known, and stays within the picture for values out of bounds', () => {
    expect(sparkPath([null, null])).toBe('');
    expect(sparkPath([500, -3])).toBe('M-2 22V1L0 1L60 19H62V22Z');
  });
});
