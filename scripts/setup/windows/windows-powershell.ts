import { inSystem32 } from '../../../agent/execution/taskkill.windows.ts';
import { powershellLiteral } from '../../../server/features/releases/installers.ts';

export type ProgramCall = { readonly file: string; readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv };

/** By the names of parameters, without a dash. */
export type ScriptOptions = Readonly<Record<string, string | true>>;

/** How a script is run by the Windows PowerShell that every Windows has. */
export function windowsPowerShell(script: string, options: ScriptOptions, env: NodeJS.ProcessEnv): ProgramCall {
  const words = Object.entries(options).map(([name, value]) =>
    value === true ? `-${name}` : `-${name} ${powershellLiteral(value)}`,
  );
  // as text, because the rules of a company may allow no script files, whatever is said with -ExecutionPolicy
  const command = `& ([scriptblock]::Create([IO.File]::ReadAllText(${powershellLiteral(script)}))) ${words.join(' ')}`;
  return {
    // by its whole path: a bare name is looked for in the folder that one is in first
    file: inSystem32('WindowsPowerShell', 'v1.0', 'powershell.exe'),
    args: ['-NoProfile', '-NonInteractive', '-ExecutionPolicy', 'Bypass', '-Command', command.trim()],
    env: withoutModulePath(env),
  };
}

/** That of a PowerShell 7 leads to cmdlets that Windows PowerShell cannot load; without one it finds its own. */
const withoutModulePath = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.toLowerCase() !== 'psmodulepath'));
