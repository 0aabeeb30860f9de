import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { installerTemplate } from '../server/features/releases/installers.ts';

const folder = mkdtempSync(join(tmpdir(), 'muster-powershell-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root = resolve(import.meta.dirname, '..');

/** @returns the faults, a line each, without the name of the file */
const checkFile = (file: string): Promise<string[]> =>
  new Promise((done) => {
    const args = ['--liftoff-only', '--disable-warning=ExperimentalWarning', join(root, 'scripts/check-powershell.ts'), file];
    execFile(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' } }, (error, stdout, stderr) =>
      done([...stdout.replaceAll(`${file}:`, '').split('\n'), error?.code === 1 ? '' : stderr].filter((line) => line !== '')),
    );
  });

const check = (source: string): Promise<string[]> => {
  const file = join(folder, 'script.ps1');
  writeFileSync(file, source);
  return checkFile(file);
};

describe('the check of PowerShell scripts', () => {
  it.each([
    ['$a = $b ? 1 : 2', 'Windows PowerShell has no `a ? b : c`'],
    ['$a = $b ?? 2', 'Windows PowerShell has no `??`'],
    ['$a ??= 2', 'Windows PowerShell has no `??=`'],
    ['sc.exe start x && sc.exe stop x', 'Windows PowerShell has no `&&` and `||` between commands'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of PowerShell
    ['Write-Host "$name: done"', '$name: names a drive: write ${name}:'],
    ['Write-Host "done…"', '"…" is not ASCII'],
    ['Get-Content x -AsByteStream', 'Windows PowerShell has no parameter -AsByteStream'],
    ['Remove-Service x', 'Remove-Service is neither a known cmdlet nor a function of the script (programs are called with .exe)'],
    ['Get-Content -LiteralPath $file -Raw | ConvertFrom-Json', 'Get-Content without -Encoding takes the code page of the host'],
    ['$a | Out-String', 'Out-String breaks lines at the width of the window'],
    ['(Get-FileHash x).Hash', 'Get-FileHash is a function of a module'],
    ['curl http://x', 'curl is neither a known cmdlet nor a function of the script (programs are called with .exe)'],
    ['if ($a { 1 }', 'syntax: '],
  ])('finds what is wrong with %s', async (source, why) => {
    expect((await check(source)).join('\n')).toContain(`1: ${why}`);
  });

  it('has nothing against what both PowerShells know', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of PowerShell
    const use = 'Get-It | Out-Null\nicacls.exe x\n& $program "${name}: $env:PATH"\nGet-Content x -Encoding UTF8\n';
    const source = `function Get-It { return 1 }\n${use}`;
    expect(await check(source)).toEqual([]);
  });

  it('knows the functions of the scripts that a script takes in', async () => {
    writeFileSync(join(folder, 'lines.ps1'), 'function Write-Line { Write-Host 1 }\n');
    expect(await check(". (Join-Path $PSScriptRoot 'lines.ps1')\nWrite-Line\nWrite-Lines\n")).toEqual([
      '3: Write-Lines is neither a known cmdlet nor a function of the script (programs are called with .exe)',
    ]);
  });
});

describe('the PowerShell scripts of the product', () => {
  it('run under Windows PowerShell 5.1, as far as their text tells: the installer', async () => {
    expect(await check(await installerTemplate('ps1'))).toEqual([]);
  });

  it('has no variables of a script in the installer, which is called as a block in the scripts of others', async () => {
    expect((await installerTemplate('ps1')).match(/\$script:\w+/g)).toBeNull();
  });

  const files = globSync(['*.ps1', 'scripts/setup/**/*.ps1'], { cwd: root });
  it.each(files)('run under Windows PowerShell 5.1, as far as their text tells: %s', async (name) => {
    expect(await checkFile(join(root, name))).toEqual([]);
  });

  it('are all there', () => {
    expect(files).toEqual(expect.arrayContaining(['setup_server.ps1', 'setup_client.ps1']));
  });
});
