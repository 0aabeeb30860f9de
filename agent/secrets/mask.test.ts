import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createMask } from './mask.ts';

const through = (values: readonly string[], pieces: readonly string[]): string => {
  const stream = createMask(values).stream();
  return pieces.map((piece) => stream.write(piece)).join('') + stream.end();
};
const secret = "pa'ss wörd/+&1";
const bytes = Buffer.from(secret);

describe('a secret in a stream', () => {
  test.each<[string, string]>([
    ['as it is', secret],
    ['as JSON', JSON.stringify({ a: secret })],
    ['as ASCII JSON', "pa'ss w\\u00f6rd/+&1"],
    ['in a URL', `https://host/?a=${encodeURIComponent(secret)}&b`],
    ['in a form', new URLSearchParams({ a: secret }).toString()],
    ['as base64', bytes.toString('base64')],
    ['in basic authentication', Buffer.from(`user:${secret}`).toString('base64')],
    ['in longer base64', Buffer.from(`us:${secret}:more`).toString('base64')],
    ['as base64 for URLs', bytes.toString('base64url')],
    ['as hexadecimal digits', bytes.toString('hex')],
    ['as a shell traces it', `+ echo 'pa'\\''ss wörd/+&1'`],
    ['in HTML', '<p>pa&#39;ss wörd/+&amp;1</p>'],
  ])('is masked %s', (_how, text) => {
    const shown = through([secret], [`before ${text} after`]);
    expect(shown).toContain('***');
    expect(shown).not.toMatch(/w[öo]rd|w\\u00f6rd|w%C3/);
    expect(shown.startsWith('before ')).toBe(true);
    expect(shown.endsWith(' after')).toBe(true);
  });

  test.each<[string, (value: string) => string]>([
    ['as JSON inside of JSON', (value) => JSON.stringify({ body: JSON.stringify({ a: value }) })],
    ['as JavaScript shows it', (value) => inspect({ a: value })],
    ['as JavaScript shows it beside single quotes', (value) => inspect({ a: `'${value}` })],
    ['as Python writes HTML', (value) => value.replaceAll('"', '&quot;').replaceAll("'", '&#x27;')],
  ])('with quotes and backslashes is masked %s', (_how, write) => {
    for (const value of ['a\\b"c word d', "a'b\\c word d", 'a"b word d'])
      expect(through([value], [`before ${write(value)} after`])).not.toContain('word');
  });

  test('is masked wherever it is cut into pieces', () => {
    const text = `a ${secret} b ${bytes.toString('base64')} c`;
    const whole = through([secret], [text]);
    for (let at = 0; at <= text.length; at += 1) expect(through([secret], [text.slice(0, at), text.slice(at)])).toBe(whole);
    expect(through([secret], [...text])).toBe(whole);
  });

  test('is masked where it overlaps itself, however long that goes on', () => {
    expect(through(['abab'], ['xababababx'])).toBe('x***x');
    expect(through(['abab'], [...'xababababx'])).toBe('x***x');
    expect(
      through(
        ['aaaa'],
        Array.from({ length: 5000 }, () => 'a'),
      ),
    ).toBe('***');
  });

  test('is masked in pieces of every kind as it is in one, by a plain search', () => {
    const plain = (value: string, text: string): string => {
      const hidden = new Set<number>();
      for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1))
        for (let unit = at; unit < at + value.length; unit += 1) hidden.add(unit);
      return [...text].map((unit, at) => (hidden.has(at) ? (hidden.has(at - 1) ? '' : '***') : unit)).join('');
    };
    fc.assert(
      fc.property(fc.stringMatching(/^[ab]{4,9}$/), fc.stringMatching(/^[ab ]{0,60}$/), (value, text) => {
        expect(through([value], [text])).toBe(plain(value, text));
        expect(through([value], [...text])).toBe(plain(value, text));
      }),
      { numRuns: 2000 },
    );
  });

  test('is masked when it is the middle of what could have become a longer one', () => {
    expect(through(['1234567890', '3456'], ['x1234567'])).toBe('x12***7');
  });

  test('holds back nothing longer than what may become one', () => {
    const stream = createMask(['secret']).stream();
    expect(stream.write('the sec')).toBe('the ');
    expect(stream.write('ond\n')).toBe('second\n');
    expect(stream.write('sec')).toBe('');
    expect(stream.end()).toBe('sec');
  });

  test('of several lines is masked line by line', () => {
    expect(through(['-----BEGIN-----\nabcdefgh\nijklmnop'], ['1: abcdefgh\n2: ijklmnop\n'])).toBe('1: ***\n2: ***\n');
  });

  test('is never seen in any text of which it is a part, and all else is left', () => {
    const word = fc.stringMatching(/^[ab1]{4,7}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 3 }),
        fc.array(fc.stringMatching(/^[ab1 ]{0,9}$/)),
        (values, pieces) => {
          const shown = through(values, pieces);
          expect(shown).toBe(through(values, [pieces.join('')]));
          for (const value of values) expect(shown).not.toContain(value);
          if (!values.some((value) => pieces.join('').includes(value))) {
            if (!shown.includes('***')) expect(shown).toBe(pieces.join(''));
          }
        },
      ),
    );
  });
});

describe('a secret in a result', () => {
  const mask = createMask(['12345678', 'hunter22']);

  test('is masked in strings, names and numbers of its data', () => {
    expect(mask.data({ hunter22: [12345678, { a: 'x hunter22' }], ok: 1, no: null })).toEqual({
      '***': ['***', { a: 'x ***' }],
      ok: 1,
      no: null,
    });
  });

  test('is masked where a text was cut inside of it', () => {
    expect(mask.text('the password is hunt', true)).toBe('the password is ***');
    expect(mask.text('the password is hunt')).toBe('the password is hunt');
  });
});
