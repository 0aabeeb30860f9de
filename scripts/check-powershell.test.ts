import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { installerTemplate } from '../server/features/releases/installers.ts';

const folder = mkdtempSync(join(tmpdir(), 'muster-powershell-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const root = resolve(import.meta.dirname, '..');

/** @returns the faults, a line each, without the name of the file */
const check = (source: string): Promise<string[]> =>
  new Promise((done) => {
    const file = join(folder, 'script.ps1');
    writeFileSync(file, source);
    const args = ['--liftoff-only', '--disable-warning=ExperimentalWarning', join(root, 'scripts/check-powershell.ts'), file];
    execFile(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' } }, (error, stdout, stderr) =>
      done([...stdout.replaceAll(`${file}:`, '').split('\n'), error?.code === 1 ? '' : stderr].filter((line) => line !== '')),
    );
  });

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
    ['curl http://x', 'curl is neither a known cmdlet nor a function of the script (programs are called with .exe)'],
    ['if ($a { 1 }', 'syntax: '],
  ])('finds what is wrong with %s', async (source, why) => {
    expect((await check(source)).join('\n')).toContain(`1: ${why}`);
  });

  it('has nothing against what both PowerShells know', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: of PowerShell
    const source = 'function Get-It { return "${name}: $env:PATH" }\nGet-It | Out-Null\nicacls.exe x\n& $program --version\n';
    expect(await check(source)).toEqual([]);
  });
});

describe('the PowerShell scripts of the product', () => {
  it('run under Windows PowerShell 5.1, as far as their text tells: the installer', async () => {
    expect(await check(await installerTemplate('ps1'))).toEqual([]);
  });

  const atTheTop = globSync('*.ps1', { cwd: root });
  if (atTheTop.length > 0)
    it.each(atTheTop)('run under Windows PowerShell 5.1, as far as their text tells: %s', async (name) => {
      expect(await check(readFileSync(join(root, name), 'utf8'))).toEqual([]);
    });
});
