import { once } from 'node:events';
import { onInterrupt } from './processes/interrupts.ts';
import { readSecretInput } from './secret-input.ts';

/** What a command finds around it. The process hands in the real ones, tests their own. */
export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** results */
  readonly stdout: Output;
  /** messages */
  readonly stderr: Output;
  /** what must not stand on a command line: typed without being shown, or the standard input */
  readSecret(prompt: string): Promise<string>;
  readonly now: () => number;
  /** Ctrl-C, or a request to end; @returns unsubscribe */
  onInterrupt(callback: () => void): () => void;
};

export type Output = {
  write(text: string): void;
  /** Settles when the reader has taken enough of what was written; to be waited for between large amounts. */
  drained(): Promise<void>;
  readonly isTerminal: boolean;
  /** width of the terminal; Infinity where there is none, so that nothing is cut in a file or a pipe */
  readonly columns: number;
  readonly colours: boolean;
};

/**
 * The real ones. A reader that goes away (`muster runs | head`) ends the command quietly.
 * NO_COLOR (https://no-color.org) wins over the terminal.
 */
export function processSurroundings(): Surroundings {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      throw error;
    });
  }
  return {
    env: process.env,
    cwd: process.cwd(),
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    readSecret: readSecretInput,
    now: Date.now,
    onInterrupt,
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  const isTerminal = stream.isTTY === true;
  const plain = (process.env.NO_COLOR ?? '') !== '' || process.env.TERM === 'dumb';
  return {
    write: (text) => void stream.write(text),
    async drained() {
      if (stream.writableNeedDrain) await once(stream, 'drain');
    },
    isTerminal,
    get columns() {
      return isTerminal ? stream.columns || 80 : Number.POSITIVE_INFINITY;
    },
    colours: isTerminal && !plain,
  };
}
