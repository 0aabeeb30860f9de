import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isThere } from '../../../tests/support/shells.ts';
import { openBoundedLog } from './bounded-log.ts';
import { firewallRule } from './firewall-rule.ts';
import { taskDefinition } from './task-definition.ts';
import { windowsPowerShell } from './windows-powershell.ts';

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

  it('runs without an end, and is started anew every five minutes, which does nothing while it runs', () => {
    expect(definition).toContain('<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>');
    expect(definition).toMatch(/<TimeTrigger>\s*<Repetition>\s*<Interval>PT5M<\/Interval>/);
    expect(definition).toContain('<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>');
  });

  it('asks for no more tries than Task Scheduler can count', () => {
    expect(Number(/<Count>(\d+)<\/Count>/.exec(definition)?.[1])).toBeLessThanOrEqual(255);
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

  it('grows on where it cannot be renamed, as while somebody on Windows has it open', () => {
    const file = join(folder, 'server.log');
    mkdirSync(join(`${file}.1`, 'in the way'), { recursive: true });
    const log = openBoundedLog(file, 5);
    for (const line of ['the first\n', 'the second\n', 'the third\n']) log.write(Buffer.from(line));
    log.close();
    expect(readFileSync(file, 'utf8')).toBe('the first\nthe second\nthe third\n');
  });

  (existsSync('/dev/full') ? it : it.skip)('loses lines on a full disk, and stops nobody', () => {
    const file = join(folder, 'server.log');
    symlinkSync('/dev/full', file);
    const log = openBoundedLog(file, 100);
    expect(() => log.write(Buffer.from('a line'))).not.toThrow();
    log.close();
  });
});

describe('a script that Windows PowerShell runs', () => {
  const env = { PATH: 'C:\\Windows', PSModulePath: 'C:\\Program Files\\PowerShell\\7\\Modules', SystemRoot: 'C:\\Windows' };
  const call = windowsPowerShell("C:\\it's\\close.ps1", { Folder: 'D:\\a b\\’; exit', NoService: true, Name: '-Uninstall' }, env);

  it('is given as text, with each value as one literal', () => {
    expect(call.args.slice(-2)).toEqual([
      '-Command',
      "& ([scriptblock]::Create([IO.File]::ReadAllText('C:\\it''s\\close.ps1'))) -Folder 'D:\\a b\\’’; exit' -NoService -Name '-Uninstall'",
    ]);
  });

  it('by its whole path, and without the modules of a PowerShell 7', () => {
    expect(call.file).toMatch(/System32.WindowsPowerShell.v1\.0.powershell\.exe$/);
    expect(call.env).toEqual({ PATH: 'C:\\Windows', SystemRoot: 'C:\\Windows' });
  });
});

it('the rule of the firewall names the port', () => {
  expect(firewallRule('Muster Server', 9000)).toMatch(/name="Muster Server" dir=in action=allow protocol=TCP localport=9000$/);
});
