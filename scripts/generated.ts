/**
 * `node scripts/generated.ts` writes what is made from the code; with `--check` it writes nothing and fails if something is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { agentSettings } from '../shared/settings-agent.ts';
import { serverSettings } from '../shared/settings-server.ts';
import { withSettingsTables } from './settings-table.ts';

type GeneratedFile = {
  readonly path: string;
  /** the whole text as it should be, from the text as it is (empty if there is none) */
  readonly make: (present: string) => string;
};

const files: readonly GeneratedFile[] = [
  { path: 'README.md', make: (present) => withSettingsTables(present, { Server: serverSettings, Agent: agentSettings }) },
];

const check = process.argv.includes('--check');

for (const { path, make } of files) {
  const url = new URL(`../${path}`, import.meta.url);
  const present = readOrEmpty(url);
  const wanted = make(present);
  if (wanted === present) continue;
  if (check) {
    console.error(`${path} is out of date: run \`node scripts/generated.ts\`.`);
    process.exitCode = 1;
  } else {
    writeFileSync(url, wanted);
    console.log(`wrote ${path}`);
  }
}

function readOrEmpty(url: URL): string {
  try {
    return readFileSync(url, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
