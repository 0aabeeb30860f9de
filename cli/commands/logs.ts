import type { Command } from 'commander';
import { type Execution, execution, executionDetail, type LogSlice } from '../../shared/api/executions.ts';
import type { Context, Perform } from '../context.ts';
import { addSharedOptions } from '../flags.ts';
import { readLog } from '../follow.ts';
import { createLinePrefixer } from '../output/line-prefixer.ts';
import { readList } from '../pages.ts';
import { kindOfId } from './cancel.ts';

/** so many logs are followed at the same time; the others come when one has ended */
const maxAtOnce = 32;
const maxExecutions = 10_000;

export function addLogs(program: Command, perform: Perform): void {
  const command = program
    .command('logs')
    .helpGroup('Work:')
    .summary('show the output of an execution or of a whole run')
    .description(
      'Shows the output of an execution, or of every execution of a run with the host before each line.\n' +
        'With --json one document; with --json --follow one per chunk, each on its line.',
    )
    .argument('<id>', 'of an execution or a run')
    .option('-f, --follow', 'go on until the work has ended');
  addSharedOptions(command).action(perform(logs));
}

async function logs(context: Context, id: string, { follow = false }: { readonly follow?: boolean }): Promise<undefined> {
  const executions = await executionsOf(context, id);
  if (context.json && !follow) return await printWhole(context, executions);
  const waiting = [...executions];
  const showNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const writer = writerFor(context, next, executions.length > 1);
      for await (const chunk of readLog(context.client, next.id, { follow, onAway: context.say })) {
        writer.write(chunk);
        await context.stdout.drained();
      }
      writer.end();
    }
  };
  // one after the other unless they are followed: then none may wait for another to end
  await Promise.all(Array.from({ length: follow ? Math.min(maxAtOnce, waiting.length) : 1 }, showNext));
}

type Source = Pick<Execution, 'id' | 'agentName'>;

async function executionsOf({ client }: Context, id: string): Promise<readonly Source[]> {
  const kind = kindOfId(id);
  if (kind === 'execution') return [await client.get(`/api/v1/executions/${encodeURIComponent(id)}`, executionDetail)];
  const path = `/api/v1/runs/${encodeURIComponent(id)}/executions`;
  const { items } = await readList(client, path, execution, { limit: maxExecutions });
  return items.toReversed();
}

type Chunk = LogSlice['chunks'][number];

async function printWhole(context: Context, executions: readonly Source[]): Promise<undefined> {
  const logs: { executionId: string; host: string | null; chunks: Chunk[] }[] = [];
  for (const { id, agentName } of executions) {
    const chunks: Chunk[] = [];
    for await (const chunk of readLog(context.client, id, { follow: false, onAway: context.say })) chunks.push(chunk);
    logs.push({ executionId: id, host: agentName, chunks });
  }
  context.print({ logs }, () => '');
}

type ChunkWriter = { write(chunk: Chunk): void; end(): void };

function writerFor({ json, stdout, paint }: Context, { id, agentName }: Source, prefixed: boolean): ChunkWriter {
  if (json) {
    const write = (chunk: Chunk): void => stdout.write(`${JSON.stringify({ executionId: id, host: agentName, ...chunk })}\n`);
    return { write, end: () => undefined };
  }
  if (!prefixed) return { write: ({ text }) => stdout.write(text), end: () => undefined };
  const prefixer = createLinePrefixer(`${paint(`${agentName ?? 'no host'}:`, 'bold')} `, stdout.write);
  return { write: ({ text }) => prefixer.write(text), end: prefixer.end };
}
