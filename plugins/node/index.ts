import { isSea } from 'node:sea';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { type Language, runScript, type ScriptArgs } from './run-script.ts';

export function main(args: ScriptArgs | readonly string[], context: PluginContext): Promise<PluginResult> {
  return runScript('length' in args ? { script: args[0] ?? '', args: args.slice(1) } : args, context, node);
}

/** The agent as one executable has a Node in it, which runs a file; that of an agent from its source takes its standard input, too. */
const isOneExecutable = isSea();
const own: readonly [string, ...string[]] = isOneExecutable ? [process.execPath, 'script'] : [process.execPath];

const node: Language = {
  scriptArgument: 'script',
  interpreters: [own],
  missing: 'Node.js was not found on this host: install Node.js and put it on the PATH.',
  async inline(script, { stdin, interpreter }, write) {
    // from its standard input Node takes ES modules and CommonJS alike, whatever package.json lies around
    if (stdin === undefined && (interpreter !== undefined || !isOneExecutable)) return { words: ['-'], input: script };
    // an older Node of the host would not know the switch, and has no such warning
    const quiet = interpreter === undefined && !isOneExecutable ? ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'] : [];
    return { words: [...quiet, await write('script.js', script)] };
  },
};
