import { type Command, Option } from 'commander';
import { folded, type RetryChoice, type Run, retryChoices, run } from '../../shared/api/runs.ts';
import { runStates } from '../../shared/run-states.ts';
import type { Context, Perform } from '../context.ts';
import { limitOption } from '../flags.ts';
import { addDefaultInGroup, addGroup, addInGroup } from '../groups.ts';
import { colourOfState } from '../output/colours.ts';
import { fields } from '../output/fields.ts';
import { foldedText } from '../output/folded.ts';
import type { Column } from '../output/table.ts';
import { ago, moment } from '../output/times.ts';
import { readList } from '../pages.ts';
import { printList } from '../print-list.ts';

const flags = { taskId: '--task', state: '--state', plugin: '--plugin' } as const;

export function addRuns(program: Command, perform: Perform): void {
  const group = addGroup(program, 'runs', 'Work:', 'firings of tasks and their results');
  addDefaultInGroup(group, 'list', 'list runs')
    .option('--task <id>', 'only those of this task')
    .addOption(new Option('--state <state>', 'only those in this state').choices(runStates))
    .option('--plugin <name>', 'only those of this plugin')
    .addOption(limitOption())
    .action(perform(list, flags));
  addInGroup(group, 'show', 'a run and its results, equal ones folded').argument('<run>', 'id').action(perform(show));
  addInGroup(group, 'cancel', 'cancel every open execution of a run').argument('<run>', 'id').action(perform(cancelRun));
  addInGroup(group, 'retry', 'run the task of a run again, on all that it reaches or on some hosts of that run')
    .argument('<run>', 'id')
    .addOption(
      new Option('--only <which>', 'failed; missing (never reached, or uncertain); different (from what most answered)').choices(
        retryChoices,
      ),
    )
    .addOption(new Option('--group <execution>', 'all that ended like this execution').conflicts('only'))
    .addOption(new Option('--execution <id>', 'the host of this execution alone').conflicts(['only', 'group']))
    .action(perform(retry, { only: '--only', group: '--group', execution: '--execution' }));
}

type ListOptions = { readonly task?: string; readonly state?: string; readonly plugin?: string; readonly limit: number };

async function list(context: Context, { task, state, plugin, limit }: ListOptions): Promise<undefined> {
  const page = await readList(context.client, '/api/v1/runs', run, { taskId: task, state, plugin, limit });
  printList(context, page, columns(context.surroundings.now()), 'No runs.');
}

const columns = (now: number): Column<Run>[] => [
  { title: 'RUN', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => state, colour: ({ state }) => colourOfState(state) },
  { title: 'TASK', value: ({ taskName }) => taskName, flexible: true },
  { title: 'OWNER', value: ({ owner }) => owner, flexible: true },
  { title: 'ENDED', value: ({ total, open }) => `${total - open}/${total}`, align: 'right' },
  { title: 'BY', value: ({ trigger }) => trigger },
  { title: 'FIRED', value: ({ firedAt }) => ago(firedAt, now) },
];

async function show(context: Context, id: string): Promise<undefined> {
  const path = `/api/v1/runs/${encodeURIComponent(id)}`;
  const found = await context.client.get(path, run);
  const { groups, omitted } = await context.client.get(`${path}/folded`, folded);
  const rest = omitted.groups === 0 ? '' : `… and ${omitted.executions} more with ${omitted.groups} other results\n`;
  context.print({ ...found, groups, omitted }, () => `${textOf(found, context)}\n${foldedText(groups, context.stdout)}${rest}`);
}

const textOf = (of: Run, { stdout }: Context): string =>
  fields(
    [
      ['run', of.id],
      ['state', of.state, colourOfState(of.state)],
      ['task', `${of.taskName} (${of.taskId}, version ${of.taskVersion})`],
      ['work', `${of.plugin} ${of.action} ${JSON.stringify(of.args)}`],
      ['owner', of.owner],
      ['hosts', `${of.total}${of.open > 0 ? `, ${of.open} still open` : ''}`],
      ['counts', countsOf(of) || null],
      ['fired', `${moment(of.firedAt)} by ${of.createdBy} (${of.trigger})`],
      ['again', of.retryOf === null ? null : `${of.retryOf.only} of ${of.retryOf.runId}`],
      ['finished', moment(of.finishedAt)],
    ],
    stdout,
  );

const countsOf = ({ counts }: Run): string =>
  Object.entries(counts)
    .filter(([, count]) => (count ?? 0) > 0)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');

export async function cancelRun(context: Context, id: string): Promise<undefined> {
  const cancelled = await context.client.post(`/api/v1/runs/${encodeURIComponent(id)}/cancel`, run);
  context.print(cancelled, () => `${cancelled.id}: ${cancelled.open > 0 ? 'cancelling' : cancelled.state}\n`);
}

type RetryOptions = { readonly only?: RetryChoice; readonly group?: string; readonly execution?: string };

async function retry(context: Context, id: string, { only, group, execution }: RetryOptions): Promise<undefined> {
  const again = await context.client.post(`/api/v1/runs/${encodeURIComponent(id)}/retry`, run, { only, group, execution });
  context.print(again, () =>
    only === undefined && group === undefined && execution === undefined
      ? `${again.id}\n`
      : `${again.id} (${hostCount(again.total)})\n`,
  );
}

const hostCount = (total: number): string => (total === 1 ? '1 host' : `${total} hosts`);
