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
  const { exitCode, signal } = await runPython([path, ...words], options, context);
  const isWell = exitCode !== null && successExitCodes.includes(exitCode);
  return { status: isWell ? 'success' : 'failed', data: signal === null ? { exitCode } : { exitCode, signal } };
}

const named = (args: Args): Named => ('length' in args ? { script: args[0] ?? '', args: args.slice(1) } : args);

async function written(script: string, workspace: string): Promise<string> {
  const path = join(workspace, 'script.py');
  await writeFile(path, script);
  return path;
}

/** `py` is the launcher of Windows; `python` alone may be Python 2, and is the last resort. */
const interpreters = process.platform === 'win32' ? [['py', '-3'], ['python']] : [['python3'], ['python']];

async function runPython(words: readonly string[], options: SpawnOptions, context: PluginContext): Promise<SpawnEnd> {
  const env = { PYTHONUNBUFFERED: '1', PYTHONUTF8: '1', ...options.env };
  for (const [file = '', ...first] of interpreters) {
    try {
      return await context.spawn(file, [...first, ...words], { ...options, env });
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error;
    }
  }
  throw new Error('Python 3 was not found on this host: install the package python3.');
}
