import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { SpawnEnd, SpawnOptions } from '../../shared/plugin-api.ts';
import { taskkill } from '../execution/taskkill.windows.ts';
import type { SendToAgent } from './node-channel.ts';
import { spawnAsUser } from './spawn-as-user.ts';

const maxCollected = 1024 * 1024;
/** A child that the program left in the background may hold its output open: it is not waited for longer than this after the last byte. */
const quietMs = 200;

/** Another user than the agent's, and the variables that are not to be this user's own. */
export type OtherUser = { readonly user: string; readonly keep: readonly string[] };

/** `context.spawn`: runs a program, sends its output to the log, answers how it ended. Rejects if it cannot be started. */
export async function spawnFromPlugin(
  file: string,
  args: readonly string[],
  options: SpawnOptions,
  signal: AbortSignal,
  send: SendToAgent,
  other?: OtherUser,
): Promise<SpawnEnd> {
  signal.throwIfAborted();
  const stdin = options.input === undefined ? 'ignore' : 'pipe';
  const [child, refused] =
    other === undefined
      ? [spawnOwn(file, args, options, stdin), Promise.resolve(undefined)]
      : spawnAsUser({ ...other, file, args, cwd: options.cwd ?? '/', env: options.env ?? {} }, stdin);
  let stdout = '';
  const collect = (text: string): void => {
    if (options.collect === true && stdout.length < maxCollected) stdout = (stdout + text).slice(0, maxCollected);
    send(['out', text]);
  };
  const exited = exitOf(child, file, options.cwd);
  const readings = [reading(child.stdout as Readable, collect), reading(child.stderr as Readable, (text) => send(['err', text]))];
  child.stdin?.on('error', () => {}); // the program need not read it
  child.stdin?.end(options.input);
  // elsewhere the agent asks every process of the tree to end; Windows has no way to ask, and no way to find them once their parent has ended
  let killed: Promise<void> | undefined;
  const kill = (): void => {
    if (child.pid !== undefined) killed = taskkill(child.pid, ['/F']);
  };
  if (process.platform === 'win32') signal.addEventListener('abort', kill);
  try {
    const [exitCode, signalName] = await exited;
    const refusal = await refused;
    if (refusal !== undefined) throw refusal;
    await killed;
    await Promise.all(readings.map((each) => each.end()));
    return { exitCode, signal: signalName, stdout };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

const spawnOwn = (file: string, args: readonly string[], { cwd, env }: SpawnOptions, stdin: 'ignore' | 'pipe'): ChildProcess =>
  spawn(file, args, {
    cwd,
    env,
    stdio: [stdin, 'pipe', 'pipe'],
    windowsHide: true,
    // it does not understand the quotes that other programs need
    windowsVerbatimArguments: /(^|[\\/])cmd(\.exe)?$/i.test(file),
  });

function exitOf(child: ChildProcess, file: string, cwd: string | undefined): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') reject(new Error(`${file} could not be started: ${error.message}`));
      else if (cwd !== undefined && !existsSync(cwd)) reject(new Error(`The folder ${cwd} does not exist.`));
      else reject(Object.assign(new Error(`The program ${file} was not found.`), { code: 'ENOENT' }));
    });
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
}

function reading(stream: Readable, write: (text: string) => void): { end(): Promise<void> } {
  const decoder = new StringDecoder('utf8');
  let lastByteAt = performance.now();
  stream.on('data', (bytes: Buffer) => {
    lastByteAt = performance.now();
    const text = decoder.write(bytes);
    if (text !== '') write(text);
  });
  const closed = new Promise<void>((resolve) => {
    stream.once('close', () => {
      const rest = decoder.end();
      if (rest !== '') write(rest);
      resolve();
    });
  });
  return {
    async end() {
      const giveUp = setInterval(() => {
        if (performance.now() - lastByteAt > quietMs) stream.destroy();
      }, quietMs / 4);
      await closed;
      clearInterval(giveUp);
    },
  };
}
