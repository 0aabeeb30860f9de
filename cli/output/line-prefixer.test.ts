import { expect, test } from '@jest/globals';
import { createLinePrefixer } from './line-prefixer.ts';

test('each line gets the prefix once, however its text was cut, and an unfinished last line is not lost', () => {
  let written = '';
  const prefixer = createLinePrefixer('web1: ', (text) => {
    written += text;
  });
  for (const part of ['on', 'e\ntw', 'o\n\nthr', 'ee']) prefixer.write(part);
  expect(written).toBe('web1: one\nweb1: two\nweb1: \n');
  prefixer.end();
  prefixer.end();
  expect(written).toBe('web1: one\nweb1: two\nweb1: \nweb1: three\n');
});
