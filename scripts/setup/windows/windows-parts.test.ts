import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isThere } from '../../../tests/support/shells.ts';
import { openBoundedLog } from './bounded-log.ts';
import { taskDefinition } from './task-definition.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-windows-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the task of the server', () => {
  const definition = taskDefinition({
    node: 'C:\\R & D\\node.exe',
    keeper: 'C:\\R & D\\keep-server.ts',
    program: 'C:\\R & D',
    dataDir: 'C:\\Data <1>',
  });

  (isThere('python3') ? it : it.skip)('is sound XML that names program, script and data folder as they are', () => {
    const script = `import sys, xml.etree.ElementTree as t
r = t.fromstring(sys.stdin.read().split('?>', 1)[1]); n = '{http://schemas.microsoft.com/windows/2004/02/mit/task}'
print(r.find('.//' + n + 'Command').text, r.find('.//' + n + 'Arguments').text, r.find('.//' + n + 'UserId').text, sep='|')`;
    expect(execFileSync('python3', ['-c', script], { input: definition, encoding: 'utf8' }).trim()).toBe(
      'C:\\R & D\\node.exe|"C:\\R & D\\keep-server.ts" "C:\\Data <1>"|S-1-5-19',
    );
  });

  it('runs without an end, and again after a failure', () => {
    expect(definition).toContain('<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>');
    expect(definition).toContain('<RestartOnFailure>');
  });
});

describe('a log with a bound', () => {
  it('goes on with the file that is there, and keeps one before it', () => {
    const file = join(folder, 'logs', 'server.log');
    const first = openBoundedLog(file, 20);
    first.write(Buffer.from('the first line\n'));
    first.close();
    const second = openBoundedLog(file, 20);
    for (const line of ['the second\n', 'the third\n']) second.write(Buffer.from(line));
    second.close();
    expect(readFileSync(`${file}.1`, 'utf8')).toBe('the first line\nthe second\n');
    expect(readFileSync(file, 'utf8')).toBe('the third\n');
    expect(readdirSync(join(folder, 'logs'))).toEqual(['server.log', 'server.log.1']);
  });
});
