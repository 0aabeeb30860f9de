import { expect, it } from '@jest/globals';
import { linePatch } from './line-patch.ts';
import { patchRuns } from './patch-runs.ts';

it('tells lines that came, lines that went and what stands around them apart, and loses nothing', () => {
  const patch = linePatch('a\nb\nc\n', 'a\nx\ny\nc')?.patch ?? '';
  const runs = patchRuns(patch);
  expect(runs).toEqual([
    { kind: 'place', text: '@@ -1,3 +1,4 @@\n' },
    { kind: 'same', text: ' a\n' },
    { kind: 'removed', text: '-b\n-c\n' },
    { kind: 'added', text: '+x\n+y\n+c\n\\ No newline at end of file\n' },
  ]);
  expect(runs.map(({ text }) => text).join('')).toBe(patch);
});
