import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { linePatch } from './line-patch.ts';

/** What the text becomes by the patch; throws where the patch does not fit. */
function patched(text: string, patch: string): string {
  const old = text.split(/(?<=\n)/).filter((line) => line !== '');
  const result: string[] = [];
  let at = 0;
  for (const hunk of patch.split(/^(?=@@ )/m).filter((part) => part !== '')) {
    const [head = '', ...lines] = hunk.split(/(?<=\n)/);
    const [, start, count] = (/^@@ -(\d+),(\d+) /.exec(head) ?? []).map(Number);
    const from = count === 0 ? (start ?? 0) : (start ?? 0) - 1;
    result.push(...old.slice(at, from));
    at = from;
    for (const [index, line] of lines.entries()) {
      if (line.startsWith('\\')) continue;
      const content = lines[index + 1]?.startsWith('\\') === true ? line.slice(1, -1) : line.slice(1);
      if (line[0] !== '+') expect(old[at++]).toBe(content);
      if (line[0] !== '-') result.push(content);
    }
  }
  return [...result, ...old.slice(at)].join('');
}

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 40 });
const text = fc.tuple(lines, fc.boolean()).map(([all, ends]) => all.join('\n') + (ends ? '\n' : ''));

describe('a patch', () => {
  test('turns the one text into the other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(patched(before, linePatch(before, after)?.patch ?? '')).toBe(after);
      }),
    );
  });

  test('shows three lines around a change, and far changes in hunks of their own', () => {
    const numbers = Array.from({ length: 30 }, (_, index) => `${index + 1}\n`);
    const after = numbers.with(4, 'five\n').with(24, 'a\nb\n');
    expect(linePatch(numbers.join(''), after.join(''))).toEqual({
      added: 3,
      removed: 2,
      patch: '@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n@@ -22,7 +22,8 @@\n 22\n 23\n 24\n-25\n+a\n+b\n 26\n 27\n 28\n',
    });
  });

  test('tells a last line without an end, a text that is new, and nothing of what is the same', () => {
    expect(linePatch('a\n', 'a')?.patch).toBe('@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n');
    expect(linePatch('', 'x\n')).toEqual({ added: 1, removed: 0, patch: '@@ -0,0 +1,1 @@\n+x\n' });
    expect(linePatch('same\n', 'same\n')).toEqual({ added: 0, removed: 0, patch: '' });
  });

  test('is not made of what would take too long', () => {
    expect(linePatch('x\n'.repeat(30_000), 'y\n'.repeat(30_000))).toBeUndefined();
  });
});
