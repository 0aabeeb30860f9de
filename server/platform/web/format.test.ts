import { describe, expect, test } from '@jest/globals';
import { format } from './format.ts';

const now = Date.parse('2026-03-01T12:00:00.000Z');
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

describe('how values read on pages', () => {
  test.each([
    [0, 'now'],
    [30, '30 sec. ago'],
    [90, '1 min. ago'],
    [-7200, 'in 2 hr.'],
    [86_400, 'yesterday'],
    [86_400 * 400, 'last yr.'],
  ])('%d seconds ago is "%s"', (seconds, words) => {
    expect(format.relative(ago(seconds), now)).toBe(words);
  });

  test('sizes have two digits that count', () => {
    expect([0, 1023, 1024, 1536, 20_000_000, 5e12].map(format.bytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 KiB',
      '1.5 KiB',
      '19 MiB',
      '4.5 TiB',
    ]);
  });

  test('a value as JSON is cut where nobody would read on', () => {
    expect(format.json({ a: 1 })).toBe('{\n  "a": 1\n}');
    const long = format.json('x'.repeat(1_000_000));
    expect(long.length).toBeLessThan(300_000);
    expect(long).toMatch(/x… \(737,858 more characters\)$/);
  });

  test('a share of nothing is nothing, and never more than all', () => {
    expect([format.share(1, 3), format.share(1, 0), format.share(5, 4)]).toEqual([33, 0, 100]);
  });

  test('what has not ended has lasted until now', () => {
    expect(format.elapsed(ago(90), null, now)).toBe('1 min 30 s');
    expect(format.elapsed(ago(90), ago(60), now)).toBe('30 s');
    expect(format.elapsed(null, null, now)).toBe('');
  });

  test('what nobody sees, or turns text around, is shown as what it is; colours are left out and line ends stay', () => {
    expect(format.visible('\x1b[1;31mred\x1b[0m\r\nnext\tcell')).toBe('red\nnext\tcell');
    expect(format.visible('a\0b\x1b]0;title\x07 \u202egpj.exe\u009b')).toBe('a␀b␛]0;title␇ ⟨U+202E⟩gpj.exe⟨U+009B⟩');
    expect(format.visible('naïve 👩‍🚀 עברית')).toBe('naïve 👩‍🚀 עברית');
    expect(format.json({ a: '\u202eb' })).toContain('⟨U+202E⟩b');
  });
});
