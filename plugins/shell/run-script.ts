import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';

// The same file in bash, node, powershell, python and shell, as a bundle holds all that it runs; a test sees to it that they are equal.

export type ScriptArgs = {
  readonly script?: string;
  readonly file?: string;
  readonly args?: readonly string[];
  readonly stdin?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly interpreter?: string;
  readonly successExitCodes?: readonly number[];
};

export type Language = {
  /** how the argument that holds the script is called */
  readonly scriptArgument: string;
  /** tried in this order, each with its first words */
  readonly interpreters: readonly (readonly [file: string, ...words: string[]])[];
  /** words before the script, whichever interpreter it is */
  readonly options?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** what to do on a host that has none of them */
  readonly missing: string;
  /** How an inline script gets to the interpreter; `write` puts it into a file, and answers its path. */
  inline(script: string, given: ScriptArgs, write: WriteScript): Promise<Inline> | Inline;
};
export type WriteScript = (name: string, text: string) => Promise<string>;
/** `words` stand before the arguments of the script */
export type Inline = { readonly words: readonly string[]; readonly input?: string };

/** The exit code decides, and is the data of the result; the output is in the log. */
export async function runScript(given: ScriptArgs, context: PluginContext, language: Language): Promise<PluginResult> {
  const { script, file, args = [], stdin, cwd, env, user, successExitCodes = [0] } = given;
  const { scriptArgument } = language;
  if (script !== undefined && file !== undefined) throw new Error(`Give either \`${scriptArgument}\` or \`file\`, not both.`);
  if (script === undefined && file === undefined) throw new Error(`Give either \`${scriptArgument}\` or \`file\`.`);
  const write: WriteScript = async (name, text) => {
    const folder = user === undefined ? context.workspace : await context.workspaceFor(user);
    return writeScript(join(folder, name), text, user === undefined ? 0o600 : 0o644);
  };
  const inline = script === undefined ? { words: [file ?? ''] } : await language.inline(script, given, write);
  const input = inline.input ?? stdin;
  const words = [...(language.options ?? []), ...inline.words, ...args];
  const options = {
    env: { ...language.env, ...env },
    ...(input === undefined ? {} : { input }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(user === undefined ? {} : { user }),
  };
  const spawned = firstThatStarts(interpretersOf(given, language), (first) =>
    context.spawn(first[0], [...first.slice(1), ...words], options),
  );
  const { exitCode, signal } = await spawned.catch((error: unknown) => explain(error, given, language));
  const isWell = exitCode !== null && successExitCodes.includes(exitCode);
  return { status: isWell ? 'success' : 'failed', data: signal === null ? { exitCode } : { exitCode, signal } };
}

/** Never through a link: the folder may be another user's. */
async function writeScript(path: string, text: string, mode: number): Promise<string> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.chmod(mode);
  } finally {
    await file.close();
  }
  return path;
}

const interpretersOf = ({ interpreter }: ScriptArgs, { interpreters }: Language): Language['interpreters'] =>
  interpreter === undefined ? interpreters : [[interpreter]];

async function firstThatStarts<Started>(
  interpreters: Language['interpreters'],
  start: (interpreter: readonly [string, ...string[]]) => Promise<Started>,
): Promise<Started> {
  let missing: unknown;
  for (const interpreter of interpreters) {
    try {
      return await start(interpreter);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      missing = error;
    }
  }
  throw missing;
}

function explain(error: unknown, { interpreter }: ScriptArgs, { missing }: Language): never {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  throw new Error(interpreter === undefined ? missing : `The interpreter ${interpreter} was not found on this host.`);
}
