import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { type Language, runScript, type ScriptArgs } from './run-script.ts';

export function main(args: ScriptArgs | readonly string[], context: PluginContext): Promise<PluginResult> {
  return runScript('length' in args ? { script: args[0] ?? '', args: args.slice(1) } : args, context, powershell);
}

const utf8Output = 'try { [Console]::OutputEncoding = [Text.Encoding]::UTF8 } catch {}\n';

const powershell: Language = {
  scriptArgument: 'script',
  interpreters: [['pwsh'], ['powershell']],
  options: [
    ...['-NoLogo', '-NoProfile', '-NonInteractive'],
    ...(process.platform === 'win32' ? ['-ExecutionPolicy', 'Bypass'] : []),
    '-File',
  ],
  missing: 'PowerShell was not found on this host: install PowerShell 7 (`pwsh`).',
  async inline(script, _given, write) {
    // Windows PowerShell takes a file without the mark for one of the host's old code page
    return { words: [await write('script.ps1', `\ufeff${mayBeginWithStatement(script) ? utf8Output : ''}${script}`)] };
  },
};

/** `param`, `using` and their like must come first in a script. */
const mayBeginWithStatement = (script: string): boolean => !/^\s*(param\b|using\b|\[CmdletBinding|#requires\b)/im.test(script);
