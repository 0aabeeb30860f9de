import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/**
 * A value that must not stand on a command line, where every user of the host could read it: typed at a terminal without being shown, else
 * the whole of the standard input, without one line end at its end.
 */
export async function readSecretInput(prompt: string): Promise<string> {
  if (process.stdin.isTTY !== true) return (await text(process.stdin)).replace(/\r?\n$/, '');
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
