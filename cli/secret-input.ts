import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/**
 * A value that must not stand on a command line, where every user of the host could read it: typed at a terminal without being shown, else
 * the whole of the standard input.
 */
export async function readSecretInput(prompt: string): Promise<string> {
  if (process.stdin.isTTY !== true) return secretIn(await text(process.stdin));
  process.stderr.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  const typed = new AbortController();
  lines.once('SIGINT', () => typed.abort());
  try {
    return await lines.question('', { signal: typed.signal });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

/** The end of a single line belongs to `echo`, and not to the password; that of the last of several lines to a file, such as a key. */
export const secretIn = (piped: string): string => piped.replace(/^([^\n]*?)\r?\n$/, '$1');
