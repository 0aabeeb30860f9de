import { describe, expect, test } from '@jest/globals';
import { displayName } from './names.ts';

const isName = (text: string): boolean => displayName(20).safeParse(text).success;

describe('the name that a person gives to a thing', () => {
  test.each(['Nightly backup', 'Sauvegarde n° 1', '夜間バックアップ', 'גיבוי לילי', '<b>bold</b>', '🚀 go'])(
    'may be %j',
    (text) => {
      expect(isName(text)).toBe(true);
    },
  );

  test.each([
    ['empty', ''],
    ['too long', 'x'.repeat(21)],
    ['of two lines', 'a\nb'],
    ['with NUL', 'a\0'],
    ['with an escape of a terminal', '\x1b[31mred'],
    ['with half a character, which would be stored as another one', 'a\ud800'],
    ['with a separator of lines', 'a\u2028b'],
    ['with a mark that turns what follows around', 'a\u202egpj.exe'],
    ['with an open isolate', 'a\u2067b'],
  ])('is not one %s', (_what, text) => {
    expect(isName(text)).toBe(false);
  });

  test('says of an empty one that it is empty, and nothing of control characters', () => {
    expect(
      displayName(20)
        .safeParse('')
        .error?.issues.map(({ message }) => message),
    ).toEqual(['A name is one character or more.']);
  });
});
