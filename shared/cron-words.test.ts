import { describe, expect, test } from '@jest/globals';
import { cronInWords } from './cron-words.ts';

describe('a cron expression in words', () => {
  test.each([
    ['0 3 * * 1-5', 'At 03:00, Monday to Friday'],
    ['@daily', 'At 00:00, every day'],
    ['0 0 1,15 */3 *', 'At 00:00, on day 1 and 15 of the month, in January, April, July and October'],
    ['*/15 8-18 * * mon-fri', 'Every 15 minutes of the hours 08 to 18, Monday to Friday'],
    ['*/7 * * * *', 'Every hour, at :00, :07, :14, :21, :28, :35, :42, :49 and :56'],
    ['0 */2 * * *', 'Every 2 hours, on the hour'],
    ['5 * * * *', 'Every hour, at :05'],
    ['* * * * * *', 'Every second'],
    ['30 6,18 * * sat,sun', 'At 06:30 and 18:30, Sunday and Saturday'],
    ['0 9 13 * 5', 'At 09:00, on day 13 of the month and every Friday'],
    ['0 0 * * 7', 'At 00:00, Sunday'],
  ])('%s: %s', (expression, words) => {
    expect(cronInWords(expression)).toBe(words);
  });

  test.each([
    ['0 0 L * *'],
    ['0 0 15W * *'],
    ['0 0 * * 5#2'],
    ['99 9 * * *'],
    ['* * *'],
    ['nonsense'],
    ['5-1 * * * *'],
    [''],
    [undefined],
  ])('nothing is said of %s', (expression) => {
    expect(cronInWords(expression)).toBeUndefined();
  });
});
