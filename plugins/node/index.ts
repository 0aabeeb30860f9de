import { basename } from 'node:path';
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
  // from its standard input Node takes ES modules and CommonJS alike, whatever package.json lies around
  const program = file === undefined ? { words: ['-', ...words], input: script ?? '' } : { words: [file, ...words], input: '' };
  const { exitCode, signal } = await context
    .spawn(nodeProgram(), program.words, { ...options, input: program.input })
    .catch(explain);
  const isWell = exitCode !== null && successExitCodes.includes(exitCode);
  return { status: isWell ? 'success' : 'failed', data: signal === null ? { exitCode } : { exitCode, signal } };
}

const named = (args: Args): Named => ('length' in args ? { script: args[0] ?? '', args: args.slice(1) } : args);

/** The Node that runs this; the agent may also be one executable that cannot serve as Node. */
const nodeProgram = (): string => (/^node(\.exe)?$/i.test(basename(process.execPath)) ? process.execPath : 'node');

function explain(error: Error & { code?: string }): never {
  throw error.code === 'ENOENT'
    ? new Error('Node.js was not found on this host: install Node.js and put it on the PATH.')
    : error;
}
