import { expect, it } from '@jest/globals';
import { logLine } from './log-line.ts';

it('is the message with its fields behind it, so that both a person and a program can read them', () => {
  expect(logLine('restarted')).toBe('restarted\n');
  expect(logLine('restarted', { service: 'nginx', took_ms: 31, clean: true, old: null })).toBe(
    'restarted service=nginx took_ms=31 clean=true old=null\n',
  );
  expect(logLine('done', { why: 'not running', empty: '', 'a key': 'x="1"\n', list: [1, 'b'] })).toBe(
    'done why="not running" empty="" "a key"="x=\\"1\\"\\n" list=[1,"b"]\n',
  );
  const itself: { itself?: unknown } = {};
  itself.itself = itself;
  expect(logLine('odd', { large: 10n, itself, none: undefined } as never)).toBe(
    'odd large=10 itself="[object Object]" none=null\n',
  );
});
