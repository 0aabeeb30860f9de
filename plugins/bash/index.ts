import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';

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
  const { exitCode, signal } = await context.spawn('bash', [path, ...words], options);
  const isWell = exitCode !== null && successExitCodes.includes(exitCode);
  return { status: isWell ? 'success' : 'failed', data: signal === null ? { exitCode } : { exitCode, signal } };
}

const named = (args: Args): Named => ('length' in args ? { script: args[0] ?? '', args: args.slice(1) } : args);

async function written(script: string, workspace: string): Promise<string> {
  const path = join(workspace, 'script.sh');
  // bash takes the carriage return of a pasted text for a part of the command
  await writeFile(path, script.replaceAll('\r\n', '\n'));
  return path;
}
