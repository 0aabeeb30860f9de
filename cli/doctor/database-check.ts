import { spawn } from 'node:child_process';
import { z } from 'zod';
import type { Finding } from '../output/findings.ts';
import { entries } from '../processes/entries.ts';
import type { Surroundings } from '../surroundings.ts';

const finding = z.object({
  level: z.enum(['ok', 'warn', 'fail']),
  what: z.string(),
  detail: z.string(),
  remedy: z.string().optional(),
});

export type DatabaseCheckOptions = {
  readonly dataDir: string;
  readonly deep: boolean;
  readonly surroundings: Pick<Surroundings, 'env' | 'cwd'>;
  /** a look that takes longer is ended, unless it is a deep one */
  readonly patienceMs?: number;
};

/**
 * What the server's own program finds in the data folder of this host. It prints a line for each, so that what it has found before it is
 * ended counts.
 */
export function checkDatabase({ dataDir, deep, surroundings, patienceMs = 20_000 }: DatabaseCheckOptions): Promise<Finding[]> {
  const { env, cwd } = surroundings;
  const args = [entries.maintenance, 'check', `--data-dir=${dataDir}`, ...(deep ? ['--deep'] : [])];
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return new Promise((resolve) => {
    let late = false;
    const patience = setTimeout(() => {
      late = !deep && child.kill('SIGKILL');
    }, patienceMs);
    const end = (): void => {
      clearTimeout(patience);
      resolve(late ? [...findingsIn(text), notFinished(patienceMs)] : findingsIn(text));
    };
    child.once('error', end);
    child.once('close', end);
  });
}

const findingsIn = (text: string): Finding[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const { remedy, ...rest } = finding.parse(JSON.parse(line));
      return { ...rest, ...(remedy === undefined ? {} : { remedy }) };
    });

const notFinished = (patienceMs: number): Finding => ({
  level: 'ok',
  what: 'integrity',
  detail: `The database is too large to be looked at in ${patienceMs / 1000} s; \`npx muster doctor --deep\` takes the time that it needs.`,
});
