import { type Command, Option } from 'commander';
import { run } from '../../shared/api/runs.ts';
import { firings, type Task, task, taskStatuses, taskTypes } from '../../shared/api/tasks.ts';
import { MusterError } from '../../shared/errors.ts';
import { type Context, exitCodes, type Perform } from '../context.ts';
import { limitOption, wholeNumber } from '../flags.ts';
import { addDefaultInGroup, addGroup, addInGroup } from '../groups.ts';
import { colourOfState } from '../output/colours.ts';
import { fields } from '../output/fields.ts';
import type { Column } from '../output/table.ts';
import { scheduleText, taskFields } from '../output/task-text.ts';
import { ago, moment } from '../output/times.ts';
import { readList } from '../pages.ts';
import { printList } from '../print-list.ts';
import { taskFlagOfField } from '../task-flags.ts';
import { addTimingFlags, type TimingOptions, timingOf } from '../timing-flags.ts';
import { waitAndShow } from '../wait-and-show.ts';
import { addTaskCreate } from './tasks-create.ts';

const path = '/api/v1/tasks';
const pathOf = (id: string): string => `${path}/${encodeURIComponent(id)}`;

export function addTasks(program: Command, perform: Perform): void {
  const group = addGroup(program, 'tasks', 'Work:', 'what is to be done');
  addDefaultInGroup(group, 'list', 'list tasks')
    .addOption(new Option('--status <status>', 'only those with this status').choices(taskStatuses))
    .addOption(new Option('--type <type>', 'only those of this type').choices(taskTypes))
    .option('--plugin <name>', 'only those of this plugin')
    .option('--name <text>', 'only those whose name begins with this')
    .addOption(limitOption())
    .action(perform(list));
  addTaskCreate(group, perform);
  addInGroup(group, 'show', 'all about one task').argument('<task>', 'id').action(perform(show));
  addTimingFlags(
    addInGroup(group, 'next', 'when a task fires next; with --cron or --every: when one would').argument('[task]', 'id'),
  )
    .addOption(new Option('--count <count>', 'how many').argParser(wholeNumber(1, 100)).default(10))
    .action(perform(next, taskFlagOfField));
  addInGroup(group, 'run', 'run a task now and wait for it')
    .argument('<task>', 'id')
    .option('--no-wait', 'do not wait: print the id of the run and return')
    .action(perform(runTask));
  addInGroup(group, 'pause', 'stop the firings of a task')
    .argument('<task>', 'id')
    .action(perform(change('pause')));
  addInGroup(group, 'resume', 'let a paused task fire again')
    .argument('<task>', 'id')
    .action(perform(change('resume')));
  addInGroup(group, 'delete', 'delete a task; its runs stay').argument('<task>', 'id').action(perform(remove));
}

type ListOptions = {
  readonly status?: string;
  readonly type?: string;
  readonly plugin?: string;
  readonly name?: string;
  readonly limit: number;
};

async function list(context: Context, { status, type, plugin, name, limit }: ListOptions): Promise<undefined> {
  const page = await readList(context.client, path, task, { status, type, plugin, name, limit });
  printList(context, page, columns(context.surroundings.now()), 'No tasks.');
}

const columns = (now: number): Column<Task>[] => [
  { title: 'TASK', value: ({ id }) => id },
  { title: 'STATUS', value: ({ status }) => status, colour: ({ status }) => colourOfState(status) },
  { title: 'NAME', value: ({ name }) => name, flexible: true },
  { title: 'OWNER', value: ({ owner }) => owner, flexible: true },
  { title: 'WORK', value: ({ plugin, action }) => (action === 'main' ? plugin : `${plugin} ${action}`), flexible: true },
  { title: 'SCHEDULE', value: scheduleText, flexible: true },
  { title: 'NEXT', value: ({ nextFireAt, status }) => (status === 'active' ? ago(nextFireAt, now) : '–') },
];

async function show(context: Context, id: string): Promise<undefined> {
  const found = await context.client.get(pathOf(id), task);
  context.print(found, () => fields(taskFields(found), context.stdout));
}

type NextOptions = TimingOptions & { readonly count: number };

async function next(context: Context, id: string | undefined, { count, ...options }: NextOptions): Promise<undefined> {
  const timing = timingOf(options);
  const isPreview = timing.type !== 'Adhoc';
  if (isPreview === (id !== undefined))
    throw new MusterError('field_missing', 'Name a task, or give --cron or --every.', { field: 'task' });
  const beside = Object.keys(timing).find((field) => field !== 'type');
  if (id !== undefined && beside !== undefined)
    throw new MusterError('field_invalid', 'Of a task that there is, its own schedule is told: leave out the flags, or the id.', {
      field: taskFlagOfField[beside as keyof typeof taskFlagOfField],
    });
  const found =
    id === undefined
      ? await context.client.post('/api/v1/schedules/preview', firings, { ...timing, count })
      : await context.client.get(`${pathOf(id)}/firings?count=${count}`, firings);
  const lines = found.items.map(({ at, skipped }) => `${moment(at)}${skipped === null ? '' : `  skipped: ${skipped}`}\n`);
  context.print(found, () => lines.join('') || 'It does not fire.\n');
}

async function runTask(context: Context, id: string, { wait }: { readonly wait: boolean }): Promise<number> {
  const found = await context.client.get(pathOf(id), task);
  const started = await context.client.post(`${pathOf(id)}/run`, run);
  if (wait) return await waitAndShow(context, { task: found, run: started });
  context.print({ task: found, run: started }, () => `${started.id}\n`);
  return exitCodes.done;
}

const change =
  (verb: 'pause' | 'resume') =>
  async (context: Context, id: string): Promise<undefined> => {
    const changed = await context.client.post(`${pathOf(id)}/${verb}`, task);
    const { now } = context.surroundings;
    const next = changed.status === 'active' ? `, fires ${ago(changed.nextFireAt, now())}` : '';
    context.print(changed, () => `${changed.name}: ${changed.status}${next}\n`);
  };

async function remove(context: Context, id: string): Promise<undefined> {
  await context.client.delete(pathOf(id));
  context.print({ id, deleted: true }, () => `${id} is deleted.\n`);
}
