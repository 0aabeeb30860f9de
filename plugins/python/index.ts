import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { type Language, runScript, type ScriptArgs } from './run-script.ts';

export function main(args: ScriptArgs | readonly string[], context: PluginContext): Promise<PluginResult> {
  return runScript('length' in args ? { script: args[0] ?? '', args: args.slice(1) } : args, context, python);
}

const isWindows = process.platform === 'win32';

const python: Language = {
  scriptArgument: 'script',
  // `py` is the launcher of Windows; `python` alone may be Python 2, and is the last resort
  interpreters: isWindows ? [['py', '-3'], ['python']] : [['python3'], ['python']],
  env: { PYTHONUNBUFFERED: '1', PYTHONUTF8: '1' },
  missing: `Python 3 was not found on this host: install ${isWindows ? 'it from python.org or the Microsoft Store' : 'the package python3'}.`,
  inline: async (script, _given, write) => ({ words: [await write('script.py', script)] }),
};
