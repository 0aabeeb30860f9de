import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Command } from 'commander';
import { type Artifact, artifacts } from '../../shared/api/artifacts.ts';
import { MusterError } from '../../shared/errors.ts';
import type { Context, Perform } from '../context.ts';
import { addSharedOptions } from '../flags.ts';
import type { Column } from '../output/table.ts';
import { ago } from '../output/times.ts';
import { printList } from '../print-list.ts';

export function addArtifacts(program: Command, perform: Perform): void {
  const command = program
    .command('artifacts')
    .helpGroup('Work:')
    .summary('list or download the files that an execution left')
    .description('Lists the files that an execution left; with a name, downloads that one.')
    .argument('<execution>', 'id of the execution')
    .argument('[name]', 'of the file to download')
    .option('-o, --output <path>', 'where to write it (default: its name, in this folder); nothing there is overwritten');
  addSharedOptions(command).action(perform(run));
}

const pathOf = (execution: string): string => `/api/v1/executions/${encodeURIComponent(execution)}/artifacts`;

async function run(
  context: Context,
  execution: string,
  name: string | undefined,
  { output }: { readonly output?: string },
): Promise<undefined> {
  if (name === undefined) await list(context, execution);
  else await download(context, execution, name, resolve(context.surroundings.cwd, output ?? name));
}

async function list(context: Context, execution: string): Promise<void> {
  const { items } = await context.client.get(pathOf(execution), artifacts);
  printList(context, { items, next: null }, columns(context.surroundings.now()), 'It left no files.');
}

const columns = (now: number): Column<Artifact>[] => [
  { title: 'NAME', value: ({ name }) => name, flexible: true },
  { title: 'BYTES', value: ({ bytes }) => String(bytes) },
  { title: 'ATTEMPT', value: ({ attempt }) => String(attempt) },
  { title: 'STORED', value: ({ storedAt }) => ago(storedAt, now) },
  { title: 'NOTE', value: ({ refused }) => refused ?? '', flexible: true },
];

async function download(context: Context, execution: string, name: string, file: string): Promise<void> {
  const content = await context.client.download(`${pathOf(execution)}/${encodeURIComponent(name)}`);
  try {
    await pipeline(Readable.fromWeb(content as ReadableStream), createWriteStream(file, { flags: 'wx' }));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // half of it would look like the whole
    if (code !== 'EEXIST') await rm(file, { force: true });
    const why = code === 'EEXIST' ? 'there is something of this name already: choose another one with --output' : message;
    throw new MusterError('field_invalid', `${file} could not be written: ${why}.`, { field: 'output', cause });
  }
  context.print({ execution, name, file }, () => `${file}\n`);
}
