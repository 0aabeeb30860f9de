import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PluginContext, PluginResult, SpawnEnd, SpawnOptions } from '../../shared/plugin-api.ts';

type Named = {
  readonly script?: string;
  readonly file?: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly successExitCodes?: readonly number[];
};
type Args = Named | readonly string[];

/** The exit code decides, and is the data of the result; the output is in the log. */
export async function main(args: Args, context: PluginContext): Promise<PluginResult> {
  const { script, file, args: words = [], successExitCodes = [0], ...options } = named(args);
  if (script !== undefined && file !== undefined) throw new Error('Give either a script or a file, not both.');
  const path = file ?? (await written(script ?? '', context.workspace));
  const { exitCode, signal } = await runPowershell([path, ...words], options, context);
  const isWell = exitCode !== null && successExitCodes.includes(exitCode);
  return { status: isWell ? 'success' : 'failed', data: signal === null ? { exitCode } : { exitCode, signal } };
}

const named = (args: Args): Named => ('length' in args ? { script: args[0] ?? '', args: args.slice(1) } : args);

async function written(script: string, workspace: string): Promise<string> {
  const path = join(workspace, 'script.ps1');
  // Windows PowerShell takes a file without the mark for one of the host's old code page
  await writeFile(
    path,
    `\ufeff${mayBeginWithStatement(script) ? 'try { [Console]::OutputEncoding = [Text.Encoding]::UTF8 } catch {}\n' : ''}${script}`,
  );
  return path;
}

/** `param`, `using` and their like must come first in a script. */
const mayBeginWithStatement = (script: string): boolean => !/^\s*(param\b|using\b|\[CmdletBinding|#requires\b)/im.test(script);

const switches = ['-NoLogo', '-NoProfile', '-NonInteractive'];

async function runPowershell(words: readonly string[], options: SpawnOptions, context: PluginContext): Promise<SpawnEnd> {
  const first = [...switches, ...(process.platform === 'win32' ? ['-ExecutionPolicy', 'Bypass'] : []), '-File'];
  for (const file of ['pwsh', 'powershell']) {
    try {
      return await context.spawn(file, [...first, ...words], options);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error;
    }
  }
  throw new Error('PowerShell was not found on this host: install PowerShell 7 (`pwsh`).');
}
