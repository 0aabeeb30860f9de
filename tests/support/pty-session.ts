/**
 * A program: a session of bash through the terminal's native part, and what there was to see of it as JSON. It is run from source and in the
 * executable; its argument is the folder of the agent.
 */
import { readdirSync, readFileSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { nativePart } from '../../agent/terminal/native-part.ts';

export type SeenSession = {
  readonly output: string;
  readonly code: number;
  readonly signal: number;
  /** native files that the process has loaded, before and after the native part was asked for */
  readonly loadedBefore: readonly string[];
  readonly loaded: readonly string[];
  readonly isLoadedOnce: boolean;
  /** in the agent's folder, with the session still open */
  readonly inFolder: readonly string[];
};

/** What is used here of what `pty.node` exports. */
type Pty = {
  fork(
    file: string,
    args: readonly string[],
    env: readonly string[],
    folder: string,
    columns: number,
    rows: number,
    uid: number,
    gid: number,
    isUtf8: boolean,
    helper: string,
    onExit: (code: number, signal: number) => void,
  ): { readonly fd: number };
  resize(fd: number, columns: number, rows: number): void;
};

if (import.meta.main) process.stdout.write(JSON.stringify(await session(process.argv[2] ?? '')));

async function session(folder: string): Promise<SeenSession> {
  const part = nativePart(folder);
  const loadedBefore = nativeFiles();
  const pty = part.load('pty.node') as Pty;
  const isLoadedOnce = part.load('pty.node') === pty;
  const inFolder = readdirSync(folder);

  const script = 'stty size; read -r line; echo "got $line"; stty size; exit 7';
  const env = [`PATH=${process.env.PATH}`, 'TERM=xterm'];
  const ended = Promise.withResolvers<{ code: number; signal: number }>();
  const onExit = (code: number, signal: number): void => ended.resolve({ code, signal });
  const { fd } = pty.fork('bash', ['-c', script], env, folder, 80, 24, -1, -1, true, '', onExit);

  const screen = new ReadStream(fd);
  let output = '';
  let isAnswered = false;
  screen.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (isAnswered || !output.includes('\n')) return;
    isAnswered = true;
    pty.resize(fd, 100, 40);
    writeSync(fd, 'hello\n');
  });
  const closed = Promise.withResolvers<void>();
  // Linux tells the end of a terminal as an error of reading
  screen.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EIO') closed.reject(new Error(`the terminal could not be read: ${code}`));
  });
  screen.once('close', () => closed.resolve());
  await closed.promise;
  return { output, ...(await ended.promise), loadedBefore, loaded: nativeFiles(), isLoadedOnce, inFolder };
}

function nativeFiles(): string[] {
  const maps = readFileSync('/proc/self/maps', 'utf8').matchAll(/\/.*\.node(?: \(deleted\))?$/gm);
  return [...new Set([...maps].map(([file]) => file))];
}
