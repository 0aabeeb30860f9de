import { expect, test } from '@jest/globals';
import { secretIn } from './secret-input.ts';

test.each([
  ['a password that is piped', 'hunter22', 'hunter22'],
  ['a password of echo, without the end of its line', 'hunter22\n', 'hunter22'],
  ['a password of cmd.exe, without the end of its line', 'hunter22\r\n', 'hunter22'],
  ['a key in a file, as it is: ssh takes none without its last line end', '-----BEGIN-----\nabc\n', '-----BEGIN-----\nabc\n'],
])('the standard input holds %s', (_what, piped, value) => {
  expect(secretIn(piped)).toBe(value);
});
