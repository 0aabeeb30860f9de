import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createCleanups } from './cleanups.ts';
import { isMet, sentenceOf } from './expectations.ts';
import { machineLine } from './machine.ts';
import { measure } from './measure.ts';
import { driftSentence } from './steadiness.ts';
import { tableOf } from './table.ts';

/** What is measured by default. */
export async function measureCommand(args: readonly string[]): Promise<void> {
  const { values: options } = parseArgs({ args: [...args], options: { quick: { type: 'boolean' }, json: { type: 'boolean' } } });
  const cleanups = createCleanups();

  let interrupted = false;

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted = true;
      const exit = (): never => process.exit(signal === 'SIGINT' ? 130 : 143);
      cleanups.run().then(exit, exit);
    });
  }

  try {
    const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
    cleanups.add(() => rm(folder, { recursive: true, force: true }));
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    const { rows, expectations, drift } = await measure({ folder, cleanups, quick: options.quick === true, say });
    if (options.json === true) {
      const judged = expectations.map((expectation) => ({ ...expectation, met: isMet(expectation) }));
      console.log(JSON.stringify({ machine: machineLine(), drift, rows, expectations: judged }, null, 2));
    } else {
      const sentences = [...expectations.map(sentenceOf), driftSentence(drift) ?? ''];
      console.log(`${tableOf(rows)}\n\n${machineLine()}\n\n${sentences.join('\n').trimEnd()}`);
    }
  } catch (error) {
    // what was measured just then fails, because its processes are being ended
    if (!interrupted) throw error;
  } finally {
    if (!interrupted) await cleanups.run();
  }
}
