import { type Command, Option } from 'commander';
import { type Agent, type AgentDetail, agent, agentDetail, agentStatuses } from '../../shared/api/agents.ts';
import { MusterError } from '../../shared/errors.ts';
import type { Context, Perform } from '../context.ts';
import { limitOption, words } from '../flags.ts';
import { addDefaultInGroup, addGroup, addInGroup } from '../groups.ts';
import { colourOfState } from '../output/colours.ts';
import { fields } from '../output/fields.ts';
import { formatBytes } from '../output/sizes.ts';
import type { Column } from '../output/table.ts';
import { ago, moment } from '../output/times.ts';
import { readList } from '../pages.ts';
import { printList } from '../print-list.ts';
import { addAgentUpdates } from './agent-updates.ts';

const flags = { target: '--on', name: '--name' } as const;

export function addAgents(program: Command, perform: Perform): void {
  const group = addGroup(program, 'agents', 'Fleet:', 'the agents and their hosts');
  addDefaultInGroup(group, 'list', 'list agents')
    .option('--on <owner>', 'only those that this owner reaches, such as "tag:web & os:linux"')
    .addOption(new Option('--status <status>', 'only those with this status').choices(agentStatuses))
    .addOption(limitOption())
    .action(perform(list, flags));
  addInGroup(group, 'show', 'all about one agent').argument('<agent>', 'name or id').action(perform(show));
  addInGroup(group, 'tag', 'add and remove tags, or rename')
    .argument('<agent>', 'name or id')
    .argument('[tags...]', 'tags to add')
    .addOption(new Option('--remove <tag>', 'tag to remove; may be repeated').argParser(words))
    .option('--name <name>', 'a new name')
    .action(perform(tag, flags));
  addInGroup(group, 'revoke', 'cut an agent off for good: its key is not accepted any more')
    .argument('<agent>', 'name or id')
    .action(perform(revoke));
  addInGroup(group, 'remove', 'forget an agent that is not connected, or was revoked')
    .argument('<agent>', 'name or id')
    .action(perform(remove));
  addAgentUpdates(group, perform);
}

type ListOptions = { readonly on?: string; readonly status?: string; readonly limit: number };

async function list(context: Context, { on, status, limit }: ListOptions): Promise<undefined> {
  const page = await readList(context.client, '/api/v1/agents', agent, { target: on, status, limit });
  const nothing =
    on === undefined && status === undefined
      ? 'No agents yet. `npx muster join-token create` prints the command that adds a host.'
      : 'No agent matches.';
  printList(context, page, columns(context.surroundings.now()), nothing);
}

const columns = (now: number): Column<Agent>[] => [
  { title: 'NAME', value: ({ name }) => name, flexible: true },
  {
    title: 'STATUS',
    value: ({ status, duplicate }) => (duplicate === null ? status : `${status}, duplicated`),
    colour: ({ status }) => colourOfState(status),
  },
  { title: 'BUSY', value: ({ busy, slots }) => `${busy}/${slots}`, align: 'right' },
  { title: 'CPU', value: ({ metrics }) => (metrics === null ? '–' : `${Math.round(metrics.cpuPercent)} %`), align: 'right' },
  {
    title: 'MEMORY',
    value: ({ metrics }) => (metrics === null ? '–' : share(metrics.memoryUsedBytes, metrics.memoryTotalBytes)),
    align: 'right',
  },
  { title: 'VERSION', value: ({ version }) => version || '–' },
  { title: 'SYSTEM', value: ({ os, arch }) => `${os} ${arch}`.trim() },
  { title: 'TAGS', value: ({ tags }) => tags.join(' '), flexible: true },
  { title: 'SEEN', value: ({ lastSeenAt }) => ago(lastSeenAt, now) },
];

const share = (used: number, total: number): string => (total === 0 ? '–' : `${Math.round((used / total) * 100)} %`);

async function show(context: Context, named: string): Promise<undefined> {
  const found = await findAgent(context, named);
  const detail = await context.client.get(`/api/v1/agents/${found.id}`, agentDetail);
  context.print(detail, () => textOf(detail, context));
}

function textOf(detail: AgentDetail, { stdout }: Context): string {
  const { metrics, facts, runtimes, plugins } = detail;
  return fields(
    [
      ['name', detail.name],
      ['id', detail.id],
      ['status', `${detail.status}${detail.connected ? ', connected' : ', not connected'}`, colourOfState(detail.status)],
      ['duplicated', duplicated(detail.duplicate), 'red'],
      ['tags', detail.tags.join(' ') || null],
      ['system', `${detail.os} ${detail.arch}`.trim() || null],
      ['version', versionOf(detail)],
      [
        'protocol',
        detail.otherProtocol === null
          ? null
          : `speaks ${detail.otherProtocol}, and this server another: it cannot connect before it is updated`,
        'red',
      ],
      ['updates', detail.executable?.notUpdatable],
      ['slots', `${detail.busy} of ${detail.slots} in use`],
      ['cpu', metrics && `${Math.round(metrics.cpuPercent)} %, load ${metrics.load1.toFixed(2)}`],
      ['memory', metrics && `${formatBytes(metrics.memoryUsedBytes)} of ${formatBytes(metrics.memoryTotalBytes)}`],
      ['disk', metrics && `${formatBytes(metrics.diskUsedBytes)} of ${formatBytes(metrics.diskTotalBytes)}`],
      ['seen', moment(detail.lastSeenAt)],
      ['enrolled', moment(detail.enrolledAt)],
      ['runtimes', pairs(runtimes, ' ')],
      ['facts', pairs(facts, '=')],
      ['plugins', plugins.map(({ name, current }) => (current ? name : `${name} (an older version)`)).join('\n') || null],
    ],
    stdout,
  );
}

const duplicated = (duplicate: AgentDetail['duplicate']): string | null =>
  duplicate &&
  [
    ...duplicate.hosts.map(({ name, address }) => (name === null ? address : `${name} (${address})`)),
    'Its folder was copied. On all but one, remove it and install the agent again with a join token.',
  ].join('\n');

const versionOf = ({ version, executable }: AgentDetail): string | null =>
  version === ''
    ? null
    : executable === null
      ? version
      : `${version} (${executable.sha256 === null ? 'from source' : executable.commit})`;

const pairs = (record: Readonly<Record<string, unknown>>, between: string): string | null =>
  Object.entries(record)
    .map(([key, value]) => `${key}${between}${value}`)
    .join('\n') || null;

type TagOptions = { readonly remove?: readonly string[]; readonly name?: string };

async function tag(context: Context, named: string, add: readonly string[], options: TagOptions): Promise<undefined> {
  const remove = options.remove ?? [];
  if (add.length === 0 && remove.length === 0 && options.name === undefined)
    throw new MusterError('field_missing', 'Name the tags to add, or use --remove or --name.');
  const found = await findAgent(context, named);
  const tags = [...new Set([...found.tags, ...add])].filter((one) => !remove.includes(one));
  const patch = { tags, ...(options.name === undefined ? {} : { name: options.name }) };
  const detail = await context.client.patch(`/api/v1/agents/${found.id}`, agentDetail, patch);
  context.print(detail, () => `${detail.name}: ${detail.tags.join(' ') || 'no tags'}\n`);
}

async function revoke(context: Context, named: string): Promise<undefined> {
  const found = await findAgent(context, named);
  const detail = await context.client.post(`/api/v1/agents/${found.id}/revoke`, agentDetail);
  context.print(detail, () => `${detail.name} is revoked.\n`);
}

async function remove(context: Context, named: string): Promise<undefined> {
  const found = await findAgent(context, named);
  await context.client.delete(`/api/v1/agents/${found.id}`);
  context.print({ id: found.id, name: found.name, removed: true }, () => `${found.name} is removed.\n`);
}

/** By id, or by the exact name: a name is an owner that reaches one agent. */
async function findAgent({ client }: Context, named: string): Promise<Agent> {
  if (/^agt_[0-9a-z]{26}$/.test(named)) return await client.get(`/api/v1/agents/${named}`, agentDetail);
  for (let after: string | undefined; ; ) {
    // revoked agents are nobody's target, so the list is searched
    const page = await readList(client, '/api/v1/agents', agent, { limit: 500, after });
    const found = page.items.find(({ name }) => name === named);
    if (found !== undefined) return found;
    if (page.next === null) throw new MusterError('not_found', `There is no agent "${named}". \`muster agents\` lists them.`);
    after = page.next;
  }
}
