import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { type Language, runScript, type ScriptArgs } from './run-script.ts';

export function main(args: ScriptArgs | readonly string[], context: PluginContext): Promise<PluginResult> {
  return runScript('length' in args ? { script: args[0] ?? '', args: args.slice(1) } : args, context, bash);
}

const bash: Language = {
  scriptArgument: 'script',
  interpreters: [['bash']],
  missing: `Bash was not found on this host: install ${process.platform === 'win32' ? 'Git for Windows' : 'the package bash'}.`,
  // bash takes the carriage return of a pasted text for a part of the command
  inline: async (script, _given, write) => ({ words: [await write('script.sh', script.replaceAll('\r\n', '\n'))] }),
};
