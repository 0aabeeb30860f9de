import { expect, test } from '@jest/globals';
import { fields } from './fields.ts';
import { asOneLine, asPlainLines } from './width.ts';

test('what hosts send cannot steer the terminal', () => {
  expect(asPlainLines('a\tb\nc')).toBe('a\tb\nc');
  expect(asPlainLines('\x1b]0;title\x07\x1b[2J\r\x9b31m\x7f')).toBe('\ufffd]0;title\ufffd\ufffd[2J\ufffd\ufffd31m\ufffd');
  expect(asOneLine('a\n\x1b[2Jb')).toBe('a \ufffd[2Jb');
  expect(fields([['message', 'ok\x1b[2J\nmore']], { colours: false })).toBe('message  ok\ufffd[2J\n         more\n');
});
