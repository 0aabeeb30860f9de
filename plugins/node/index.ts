import { basename } from 'node:path';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { type Language, runScript, type ScriptArgs } from './run-script.ts';

export function main(args: ScriptArgs | readonly string[], context: PluginContext): Promise<PluginResult> {
  return runScript('length' in args ? { script: args[0] ?? '', args: args.slice(1) } : args, context, node);
}

/** The Node that runs this; the agent may also be one executable that cannot serve as Node. */
const ownNode = /^node(\.exe)?$/i.test(basename(process.execPath)) ? process.execPath : undefined;

const node: Language = {
  scriptArgument: 'script',
  interpreters: [[ownNode ?? 'node']],
  missing: 'Node.js was not found on this host: install Node.js and put it on the PATH.',
  async inline(script, { stdin, interpreter }, write) {
    // from its standard input Node takes ES modules and CommonJS alike, whatever package.json lies around
    if (stdin === undefined) return { words: ['-'], input: script };
    // an older Node of the host would not know the switch, and has no such warning
    const quiet = interpreter === undefined && ownNode !== undefined ? ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'] : [];
    return { words: [...quiet, await write('script.js', script)] };
  },
};
