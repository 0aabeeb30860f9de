import { describe, expect, it } from '@jest/globals';
import { isInRange } from './version-range.ts';

describe('an installed version', () => {
  it.each([
    ['1.2.3', '1.2.3', true],
    ['1.2.4', '1.2.3', false],
    ['1.9.0', '^1.2.3', true],
    ['1.2.2', '^1.2.3', false],
    ['2.0.0', '^1.2.3', false],
    ['0.2.9', '^0.2.3', true],
    ['0.3.0', '^0.2.3', false],
    ['0.0.3', '^0.0.3', true],
    ['0.0.4', '^0.0.3', false],
    ['1.2.9', '~1.2.3', true],
    ['1.3.0', '~1.2.3', false],
    ['1.2.9', '1.2', true],
    ['1.2.9', '1', true],
    ['2.0.0', '1', false],
    ['2.0.0-beta.1', '2.0.0-beta.1', true],
    ['2.0.0', '2.0.0-beta.1', false],
    ['7.0.0', '>=1 <3 || 7', true],
    ['7.0.0', 'github:who/what', true],
    ['7.0.0', '*', true],
  ])('%s for %s: %s', (version, range, expected) => {
    expect(isInRange(version, range)).toBe(expected);
  });
});
