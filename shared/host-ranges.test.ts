import { describe, expect, test } from '@jest/globals';
import { foldHostNames } from './host-ranges.ts';

describe('foldHostNames', () => {
  test.each([
    [['web1', 'web2', 'web3', 'db'], 'db, web[1-3]'],
    [['web1'], 'web1'],
    [['web1', 'web3'], 'web[1,3]'],
    [['web098', 'web099', 'web100', 'web101'], 'web[098-101]'],
    [['web01', 'web1'], 'web01, web1'],
    [['a-1.example', 'a-2.example', 'b'], 'a-[1-2].example, b'],
    [[], ''],
  ])('%j folds to %s', (names, expected) => {
    expect(foldHostNames(names)).toBe(expected);
  });

  test('a thousand hosts fold to one range', () => {
    const names = Array.from({ length: 480 }, (_, index) => `web${String(index + 1).padStart(3, '0')}`);
    expect(foldHostNames(names)).toBe('web[001-480]');
  });
});
