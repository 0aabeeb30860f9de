import { describe, expect, it } from '@jest/globals';
import { exitSentence } from './exit-sentence.ts';

describe('the sentence of an exit', () => {
  it.each([
    [0, 'The program ended with exit code 0.'],
    [3, 'The program ended with exit code 3.'],
    [127, 'The program ended with exit code 127: a command was not found.'],
    [126, 'The program ended with exit code 126: a command was found but could not be run.'],
    [3221225477, 'The program ended with exit code 3221225477: it crashed on invalid memory (0xC0000005).'],
  ])('tells what exit code %d means', (exitCode, sentence) => {
    expect(exitSentence({ exitCode, signal: null })).toBe(sentence);
  });

  it('knows the codes by which a shell tells of signals', () => {
    expect(exitSentence({ exitCode: 137, signal: null })).toContain('SIGKILL, it was killed');
    expect(exitSentence({ exitCode: 139, signal: null })).toContain('SIGSEGV');
  });

  it('tells of a signal', () => {
    expect(exitSentence({ exitCode: null, signal: 'SIGSEGV' })).toBe(
      'The program was ended by SIGSEGV: it crashed on invalid memory.',
    );
    expect(exitSentence({ exitCode: null, signal: 'SIGWINCH' })).toBe('The program was ended by SIGWINCH.');
  });
});
