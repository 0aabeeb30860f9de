import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';

type Named = {
  readonly command: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly successExitCodes?: readonly number[];
};
type Args = Named | readonly string[];

/** The exit code decides, and is the data of the result; the output is in the log. */
export async function main(args: Args, context: PluginContext): Promise<PluginResult> {
  const { command, successExitCodes = [0], ...options } = 'command' in args ? args : { command: args.join(' ') };
  const [file, ...words] = shellOf(command);
  const { exitCode, signal } = await context.spawn(file, words, options);
  const isWell = exitCode !== null && successExitCodes.includes(exitCode);
  return { status: isWell ? 'success' : 'failed', data: signal === null ? { exitCode } : { exitCode, signal } };
}

function shellOf(command: string): [string, ...string[]] {
  const lines = command.split(/\r?\n/);
  if (process.platform !== 'win32') return ['/bin/sh', '-c', lines.join('\n')];
  // cmd.exe takes one line, and takes off the outer quotes; 65001 is UTF-8
  const line = ['chcp 65001>nul', ...lines.filter((each) => each.trim() !== '')].join(' & ');
  return [process.env.ComSpec ?? 'cmd.exe', '/d', '/s', '/c', `"${line}"`];
}
