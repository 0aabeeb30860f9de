import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { type Language, runScript, type ScriptArgs } from './run-script.ts';

type Named = Omit<ScriptArgs, 'script'> & { readonly command?: string };

/** By position, the words are joined, as ssh does. */
export function main(args: Named | readonly string[], context: PluginContext): Promise<PluginResult> {
  const { command, ...named }: Named = 'length' in args ? { command: args.join(' ') } : args;
  const given: ScriptArgs = command === undefined ? named : { ...named, script: command };
  if (isWindows && given.interpreter === undefined) return runInCmd(given, context);
  return runScript(given, context, posixShell);
}

const isWindows = process.platform === 'win32';

const posixShell: Language = {
  scriptArgument: 'command',
  interpreters: [['/bin/sh']],
  missing: '/bin/sh was not found on this host.',
  // the word after the command is what the shell calls itself; then come its $1, $2 …
  inline: (command) => ({ words: ['-c', command.replaceAll('\r\n', '\n'), 'sh'] }),
};

const cmdExe: Language = {
  scriptArgument: 'command',
  interpreters: [[process.env.ComSpec ?? 'cmd.exe']],
  missing: 'cmd.exe was not found on this host.',
  // it takes one line, and takes off the outer quotes; 65001 is UTF-8
  inline(command) {
    const lines = command.split(/\r?\n/).filter((line) => line.trim() !== '');
    return { words: ['/d', '/s', '/c', `"${['chcp 65001>nul', ...lines].join(' & ')}"`] };
  },
};

/** Whatever stands on its command line is read by cmd.exe, quotes or not: there is no safe way to give it arguments. */
function runInCmd({ file, ...given }: ScriptArgs, context: PluginContext): Promise<PluginResult> {
  if (given.args !== undefined && given.args.length > 0)
    throw new Error(
      'On Windows `shell` takes no `args`: cmd.exe would expand them. Set variables with `env`, or use powershell.',
    );
  if (file === undefined) return runScript(given, context, cmdExe);
  if (/["%&|<>^]/.test(file)) throw new Error('The path in `file` holds a character that cmd.exe would expand.');
  return runScript({ ...given, script: `"${file}"` }, context, cmdExe);
}
