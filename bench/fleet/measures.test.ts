import { expect, test } from '@jest/globals';
import { createMeasuring, isMet, measuresTable } from './measures.ts';

test('values come together by their name, with median, least and most, and the goal is for the median', () => {
  const measuring = createMeasuring();
  for (const value of [5, 1, 3]) measuring.add('time', 'ms', value, { under: 4 });
  for (const value of [10, 30]) measuring.add('rate', '/s', value, { atLeast: 20 });
  measuring.add('once', 'MiB', 1234.5);
  const [time, rate, once] = measuring.measures();
  expect([time, rate, once].map((measure) => measure && isMet(measure))).toEqual([true, false, undefined]);
  const lines = measuresTable(measuring.measures()).split('\n');
  expect(lines.slice(2).map((line) => line.split(/ {2,}/))).toEqual([
    ['time', '3', '1', '5', 'ms', 'under 4: met'],
    ['rate', '10', '10', '30', '/s', 'at least 20: not met'],
    ['once', '1,235', 'MiB'],
  ]);
});
