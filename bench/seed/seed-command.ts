/**
 * `npm run bench -- seed DIR [--scale 0.01]`: fills a data folder with a fleet and its history, to measure pages with and to look at them.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { seedLedger } from './seed.ts';

export async function seedCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], options: { scale: { type: 'string' } }, allowPositionals: true });
  const [dir] = positionals;
  const scale = Number(values.scale ?? 1);
  if (dir === undefined || !(scale > 0 && scale <= 10))
    throw new Error('Give a folder, and a scale from 0.001 to 10: npm run bench -- seed DIR --scale 1');
  const dataDir = resolve(dir);
  if (existsSync(join(dataDir, 'muster.db'))) throw new Error(`${dataDir} holds a ledger already.`);
  const startedAt = performance.now();
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const seeded = await seedLedger({ dataDir, scale, now: Date.now(), say });
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  console.log(JSON.stringify({ dataDir, ...seeded, seconds }));
}
