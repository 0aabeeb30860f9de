import { describe, expect, test } from '@jest/globals';
import { someGroup } from '../../tests/support/api-shapes.ts';
import { foldedText } from './folded.ts';

const text = (...groups: Parameters<typeof someGroup>[0][]): string => foldedText(groups.map(someGroup), { colours: false });

describe('folded results', () => {
  test('of one line stand beside the hosts', () => {
    expect(text({ hosts: 'web[001-480]', count: 480 })).toBe('web[001-480] (480): Linux\n');
  });

  test('of several lines stand below the hosts', () => {
    expect(text({ output: 'a\nb\n' })).toBe('web1: succeeded\n  a\n  b\n');
  });

  test('keep the order of the server, outliers first, and say why they failed', () => {
    expect(
      text(
        { hosts: 'db1', state: 'failed', exitCode: 2, message: 'The program ended with exit code 2.', output: 'no disk\n' },
        { hosts: 'web[1-2]', count: 2 },
      ),
    ).toBe('db1: failed: The program ended with exit code 2.\n  no disk\nweb[1-2] (2): Linux\n');
  });

  test('without output show the data, unless it is only how the program ended', () => {
    expect(text({ output: '', message: 'Done.', data: { n: 1 } })).toBe('web1: succeeded: Done.\n  {\n    "n": 1\n  }\n');
    expect(text({ output: '' })).toBe('web1: succeeded\n');
  });

  test('say that there is more than is shown', () => {
    expect(text({ outputTruncated: true })).toBe('web1: succeeded\n  Linux\n  … (the rest is in the log)\n');
  });

  test('of a program without a sentence of its own give its exit code', () => {
    expect(text({ state: 'failed', message: '', exitCode: 7, output: '' })).toBe('web1: failed: exit code 7\n');
  });
});
