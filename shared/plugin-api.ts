import type { Json } from './json.ts';

/**
 * What the author of a `node` plugin writes against:
 *
 *     export async function main(args: Args, context: PluginContext): Promise<PluginResult> { … }
 *
 * Every exported function is an action. What it returns that is not a `PluginResult` becomes the `data` of a success. A thrown error
 * is a failure with its message.
 */
export type PluginResult = {
  readonly status: 'success' | 'failed';
  readonly message?: string;
  readonly data?: Json;
};

export type SpawnOptions = {
  readonly cwd?: string;
  /** added to the environment of the execution */
  readonly env?: Readonly<Record<string, string>>;
  /** written to the standard input of the program, which is then closed; absent: no standard input */
  readonly input?: string;
  /** also collect the standard output and return it (at most 1 MiB) */
  readonly collect?: boolean;
  /**
   * The name of the user it runs as, with that user's groups, `HOME`, `USER`, `LOGNAME` and `SHELL` (unless `env` sets them). Another
   * user than the agent's own needs Linux or macOS, and an agent that runs as root; else the call rejects with a sentence that says so.
   * The default of `cwd` is then `workspaceFor(user)`.
   */
  readonly user?: string;
};

export type SpawnEnd = { readonly exitCode: number | null; readonly signal: string | null; readonly stdout: string };

export type PluginContext = {
  readonly executionId: string;
  readonly attempt: number;
  readonly action: string;
  readonly agentName: string;
  /** a line in the log of the execution; its fields stand behind it as `name=value` */
  log(message: string, fields?: Readonly<Record<string, Json>>): void;
  /** @param fraction 0 to 1 */
  progress(fraction: number, text?: string): void;
  /** aborted when the execution is cancelled or out of time; the process tree is killed a grace time later */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string>>;
  /** by name, the secrets that the task names in its args and env; masked in all that the plugin says */
  readonly secrets: Readonly<Record<string, string>>;
  /** a fresh, empty folder of this execution, removed after it */
  readonly workspace: string;
  /**
   * Keeps a file with the execution, where it can be downloaded: a copy of the file at this path, or these data under this name. Of two
   * with the same name the last one counts. @returns the name, without what no platform can have in one
   */
  storeArtifact(source: string | { readonly name: string; readonly data: string | Uint8Array }, name?: string): Promise<string>;
  /**
   * A fresh, empty folder of a user, who cannot enter the workspace, which is the agent's own; for the agent's user it is the workspace.
   * Removed when the function has returned. What is written there as root must be written with care: its owner can put links into it.
   */
  workspaceFor(user: string): Promise<string>;
  /**
   * Runs a program without a shell; its output goes to the log. Its exit code is for the caller to judge. Rejects if it cannot be started
   * (`error.code` is `ENOENT` if there is no such program). On Windows the arguments of cmd.exe, whose quoting is its own, are passed as
   * they are.
   */
  spawn(file: string, args?: readonly string[], options?: SpawnOptions): Promise<SpawnEnd>;
};

export type PluginFunction = (
  args: never,
  context: PluginContext,
) => Promise<PluginResult | Json | void> | PluginResult | Json | void;

/**
 * The line protocol of every other runtime. The program gets `MUSTER_ACTION`, `MUSTER_ARGS` (JSON), `MUSTER_EXECUTION`,
 * `MUSTER_ATTEMPT`, `MUSTER_AGENT`, `MUSTER_WORKSPACE` and `MUSTER_ARTIFACTS` (a folder: the files in it are kept) in its environment,
 * and the action and each positional argument on its command line. A line of its standard output that begins with the mark is a message to Muster; all else is log.
 *
 *     ::muster:: {"type":"log","message":"restarted","fields":{"service":"nginx"}}
 *     ::muster:: {"type":"progress","fraction":0.5,"text":"half"}
 *     ::muster:: {"type":"result","status":"success","message":"done","data":{"n":1}}
 */
export const lineMark = '::muster:: ';
