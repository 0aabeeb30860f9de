import { execFileSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { commandLineOf } from './command-line.ts';

describe('commandLineOf', () => {
  test.each([
    [['uname', '-a'], 'uname -a'],
    [['echo', 'a b'], 'echo "a b"'],
    [['ps aux | grep node'], 'ps aux | grep node'],
    [['echo', '$HOME'], "echo '$HOME'"],
    [['echo', "it's 5%"], `echo 'it'\\''s 5%'`],
    [['echo', ''], 'echo ""'],
    [['df', '-h', '/var/lib'], 'df -h /var/lib'],
  ])('%j is the command line %s', (words, line) => {
    expect(commandLineOf(words)).toBe(line);
  });

  test('every word of several arrives at the shell as it was given', () => {
    const words = [
      'a b',
      '$HOME',
      '`id`',
      'it\'s "so"',
      '\\',
      'x\ny',
      '*',
      '!',
      '',
      '%PATH%',
      '; exit',
      'ü',
      '~',
      '#',
      '<>&|(){}[]',
    ];
    const line = commandLineOf([process.execPath, '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...words]);
    expect(JSON.parse(execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' }))).toEqual(words);
  });
});
