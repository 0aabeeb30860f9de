import { accessSync, constants, readSync, statSync, writeSync } from 'node:fs';
import { userInfo } from 'node:os';
import { findProgram } from '../execution/find-program.ts';

/** What this process is to become, as one line of JSON on the channel. */
export type ToHelper = {
  readonly user: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** variables that somebody set for this program, which therefore stay as they are */
  readonly keep: readonly string[];
};
/** Said on the channel when it cannot; silence and the end of the channel mean that it did. */
export type FromHelper = { readonly message: string; readonly code?: string };

/** The file descriptor of the channel, a pair of sockets. It is closed by becoming the program. */
export const channelFile = 3;

/**
 * The main of the internal subcommand `as-user`, started as root: becomes another user with all that user's groups, then the program. What
 * can be refused (folder, program) is looked at as that user.
 */
export function runAsUser(): void {
  const { user, file, args, cwd, env, keep } = JSON.parse(readLine()) as ToHelper;
  try {
    become(user);
    enter(cwd, user);
    const environment = environmentOf(user, env, keep);
    const path = file.includes('/') ? file : findProgram([file], environment);
    if (path === undefined) throw refusal(`The program ${file} was not found.`, 'ENOENT');
    execute(path, [file, ...args], environment, user);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    writeSync(channelFile, JSON.stringify({ message, ...(code === 'ENOENT' ? { code } : {}) } satisfies FromHelper));
    process.exitCode = 1;
  }
}

function readLine(): string {
  const bytes = Buffer.alloc(64 * 1024);
  const parts: Buffer[] = [];
  for (;;) {
    const count = readSync(channelFile, bytes);
    parts.push(Buffer.from(bytes.subarray(0, count)));
    if (count === 0 || bytes[count - 1] === 10) return Buffer.concat(parts).toString();
  }
}

/** In this order: afterwards it may change nothing of this any more. */
function become(user: string): void {
  try {
    const { uid, gid } = numbersOf(user);
    (process as Initgroups).initgroups?.(user, gid);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (error) {
    throw refusal(`Could not become the user ${user}: ${(error as Error).message}`);
  }
}

/** Node's own types leave it out. */
type Initgroups = { initgroups?(user: string, extraGroup: number): void };

/** Found by becoming it for a moment, as root can: the effective user alone changes, and is changed back. */
function numbersOf(user: string): { uid: number; gid: number } {
  process.seteuid?.(user);
  const { uid, gid } = userInfo();
  process.seteuid?.(0);
  return { uid, gid };
}

function enter(cwd: string, user: string): void {
  try {
    process.chdir(cwd);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw refusal(isMissing ? `The folder ${cwd} does not exist.` : `The user ${user} may not enter the folder ${cwd}.`);
  }
}

/** What belongs to a session of root is no use to anybody else. */
function environmentOf(user: string, env: ToHelper['env'], keep: ToHelper['keep']): Record<string, string> {
  const { homedir, shell } = userInfo();
  const own = { HOME: homedir, USER: user, LOGNAME: user, SHELL: shell ?? '/bin/sh' };
  const merged = {
    ...env,
    ...own,
    ...Object.fromEntries(keep.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
  };
  return Object.fromEntries(Object.entries(merged).filter(([name]) => !ofSession.has(name) || keep.includes(name)));
}

const ofSession: ReadonlySet<string> = new Set(['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS']);

function execute(path: string, words: readonly string[], env: Record<string, string>, user: string): void {
  // looked at beforehand: Node aborts the process when the last step fails
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw refusal(`The program ${path} was not found.`, 'ENOENT');
    throw refusal(`The user ${user} may not run ${path}.`);
  }
  if (!statSync(path).isFile()) throw refusal(`${path} is not a program.`);
  process.execve?.(path, words, env);
}

const refusal = (message: string, code?: string): Error => Object.assign(new Error(message), code === undefined ? {} : { code });
