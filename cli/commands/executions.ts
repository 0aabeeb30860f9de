import { type Command, Option } from 'commander';
import { type Execution, type ExecutionDetail, execution, executionDetail } from '../../shared/api/executions.ts';
import { executionStates } from '../../shared/states.ts';
import type { Context, Perform } from '../context.ts';
import { limitOption } from '../flags.ts';
import { addDefaultInGroup, addGroup, addInGroup } from '../groups.ts';
import { colourOfState } from '../output/colours.ts';
import { whyItEnded } from '../output/ending.ts';
import { fields } from '../output/fields.ts';
import { isWorthShowing } from '../output/folded.ts';
import { formatBytes } from '../output/sizes.ts';
import type { Column } from '../output/table.ts';
import { ago, moment, took } from '../output/times.ts';
import { readList } from '../pages.ts';
import { printList } from '../print-list.ts';

const flags = {
  runId: '--run', taskId: '--task', agentId: '--agent', state: '--state', since: '--since', until: '--until', plugin: '--plugin',
  reason: '--reason', text: '--text',
} as const; // biome-ignore format: a table

export function addExecutions(program: Command, perform: Perform): void {
  const group = addGroup(program, 'executions', 'Work:', 'runs host by host');
  addDefaultInGroup(group, 'list', 'list executions')
    .option('--run <id>', 'only those of this run')
    .option('--task <id>', 'only those of this task')
    .option('--agent <id>', 'only those of this agent')
    .addOption(new Option('--state <state>', 'only those in this state').choices(executionStates))
    .option('--since <time>', 'only those created then or later: 24h, 7d, or 2026-01-31T08:00Z')
    .option('--until <time>', 'only those created before')
    .option('--plugin <name>', 'only those of this plugin')
    .option('--reason <code>', 'only those with this code of why, such as exit_code')
    .option('--text <words>', 'only those whose message holds this')
    .addOption(limitOption())
    .action(perform(list, flags));
  addInGroup(group, 'show', 'an execution, its attempts, and why it has its host')
    .argument('<execution>', 'id')
    .action(perform(show));
}

type ListOptions = {
  readonly run?: string;
  readonly task?: string;
  readonly agent?: string;
  readonly state?: string;
  readonly since?: string;
  readonly until?: string;
  readonly plugin?: string;
  readonly reason?: string;
  readonly text?: string;
  readonly limit: number;
};

async function list(context: Context, options: ListOptions): Promise<undefined> {
  const { run, task, agent, state, since, until, plugin, reason, text, limit } = options;
  const query = { runId: run, taskId: task, agentId: agent, state, since, until, plugin, reason, text, limit };
  const page = await readList(context.client, '/api/v1/executions', execution, query);
  printList(context, page, columns(context.surroundings.now()), 'No executions.');
}

const columns = (now: number): Column<Execution>[] => [
  { title: 'EXECUTION', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => state, colour: ({ state }) => colourOfState(state) },
  { title: 'HOST', value: ({ agentName, target }) => agentName ?? (target === 'anyone' ? 'anyone' : '–'), flexible: true },
  { title: 'TASK', value: ({ taskName }) => taskName, flexible: true },
  { title: 'TOOK', value: ({ durationMs }) => took(durationMs), align: 'right' },
  { title: 'CREATED', value: ({ createdAt }) => ago(createdAt, now) },
  { title: 'WHY', value: whyText, flexible: true },
];

const whyText = (of: Execution): string =>
  whyItEnded({ ...of, message: of.message || (of.reason === 'finished' ? null : of.reasonText) });

async function show(context: Context, id: string): Promise<undefined> {
  const detail = await context.client.get(`/api/v1/executions/${encodeURIComponent(id)}`, executionDetail);
  context.print(detail, () => textOf(detail, context));
}

function textOf(detail: ExecutionDetail, { stdout }: Context): string {
  const { assignment, progress } = detail;
  return fields(
    [
      ['execution', detail.id],
      ['state', detail.state, colourOfState(detail.state)],
      ['why', detail.reasonText && `${detail.reasonText} (${detail.reason})`],
      ['message', detail.message],
      ['exit code', detail.exitCode === null ? null : String(detail.exitCode)],
      ['data', isWorthShowing(detail.data) ? JSON.stringify(detail.data, null, 2) : null],
      ['progress', progress && `${Math.round(progress.fraction * 100)} % ${progress.text}`],
      ['host', detail.agentName],
      ['chosen', assignment && chosenText(assignment)],
      ['run', detail.runId],
      ['task', `${detail.taskName} (${detail.taskId})`],
      ['work', `${detail.plugin} ${detail.action}`],
      ['log', `${formatBytes(detail.logBytes)}${detail.cutBytes > 0 ? `, ${formatBytes(detail.cutBytes)} were cut` : ''}`],
      ['created', moment(detail.createdAt)],
      ['started', moment(detail.startedAt)],
      ['finished', detail.finishedAt && `${moment(detail.finishedAt)}, took ${took(detail.durationMs)}`],
      ['until', moment(detail.deadlineAt)],
      ['attempts', detail.attempts.map(attemptText).join('\n') || null],
    ],
    stdout,
  );
}

function chosenText({ because, considered, eligible, notEligible }: NonNullable<ExecutionDetail['assignment']>): string {
  const others = Object.entries(notEligible).map(([reason, count]) => `${count} not: ${reason}`);
  return [because, `${eligible} of ${considered} agents could take it`, ...others].join('\n');
}

function attemptText({ attempt, agentName, outcome, reason, message }: ExecutionDetail['attempts'][number]): string {
  const why = message || reason;
  return `${attempt}  ${agentName ?? '–'}  ${outcome}${why ? `: ${why}` : ''}`;
}
