import { type Command, Option } from 'commander';
import { type AgentUpdate, agentUpdate, agentVersions, type HostUpdate, hostUpdate } from '../../shared/api/updates.ts';
import { MusterError } from '../../shared/errors.ts';
import { type HostUpdateState, hostUpdateStates, isUpdateError, isUpdateOver } from '../../shared/update-states.ts';
import type { Context, Perform } from '../context.ts';
import { limitOption, seconds, wholeNumber, words } from '../flags.ts';
import { addDefaultInGroup, addGroup, addInGroup } from '../groups.ts';
import type { Colour } from '../output/colours.ts';
import { fields } from '../output/fields.ts';
import { type Column, table } from '../output/table.ts';
import { ago, moment } from '../output/times.ts';
import { readList } from '../pages.ts';
import { printList } from '../print-list.ts';
import { countsText, watchUpdate } from '../watch-update.ts';

const path = '/api/v1/agent-updates';
const flags = {
  target: '--on',
  canary: '--canary',
  shares: '--shares',
  atOnce: '--at-once',
  maxErrors: '--max-errors',
  drainAfterSeconds: '--drain-after',
  healthySeconds: '--healthy-within',
  pauseSeconds: '--pause',
} as const;

/** Commands of `muster agents` that are about the executables of the agents. */
export function addAgentUpdates(agents: Command, perform: Perform): void {
  addInGroup(agents, 'update', 'update agents in waves to the executables of the server')
    .option('--on <owner>', 'whom, such as "tag:web & os:linux" (default: ALL)')
    .option('--canary <owner>', 'the hosts of the first wave (default: the one that is least busy)')
    .addOption(
      new Option(
        '--shares <percent>',
        'waves after the canaries, the last is 100 (default: 10,50,100); none: only the canaries',
      ).argParser(shares),
    )
    .addOption(
      new Option('--at-once <count>', 'hosts that download at the same time (default: 20)').argParser(wholeNumber(1, 1000)),
    )
    .addOption(
      new Option('--max-errors <count>', 'so many hosts may fail before it pauses (default: 0)').argParser(
        wholeNumber(0, 10_000),
      ),
    )
    .addOption(new Option('--drain', 'hosts take no new work until they have switched').conflicts('now'))
    .addOption(new Option('--now', 'hosts switch at once; what runs is stopped'))
    .addOption(
      new Option('--drain-after <seconds>', 'busy hosts take no new work after so long (default: 10m)').argParser(seconds),
    )
    .addOption(
      new Option('--healthy-within <seconds>', 'the new agent must be Online by then, or goes back (default: 2m)').argParser(
        seconds,
      ),
    )
    .addOption(new Option('--pause <seconds>', 'between two waves (default: none)').argParser(seconds))
    .option('--watch', 'wait until it is done or paused, and show how it goes')
    .action(perform(begin, flags));
  addInGroup(agents, 'versions', 'which executables the agents run, and on how many hosts each').action(perform(versions));
  const group = addGroup(agents, 'updates', 'Commands:', 'updates of the agents');
  addDefaultInGroup(group, 'list', 'list updates').addOption(limitOption()).action(perform(list));
  addInGroup(group, 'show', 'an update and how far its waves are').argument('[update]', ofLatest).action(perform(show));
  addInGroup(group, 'hosts', 'how an update is on each host, and why')
    .argument('[update]', ofLatest)
    .addOption(new Option('--state <state>', 'only hosts in this state').choices(hostUpdateStates))
    .addOption(limitOption())
    .action(perform(hosts));
  addInGroup(group, 'watch', 'wait until an update is done or paused, and show how it goes')
    .argument('[update]', ofLatest)
    .action(perform(watch));
  addInGroup(group, 'pause', 'tell no further host, and take back what was not switched')
    .argument('[update]', ofLatest)
    .action(perform(changing('pause')));
  addInGroup(group, 'resume', 'go on with a paused update; the errors so far are let pass')
    .argument('[update]', ofLatest)
    .action(perform(changing('resume')));
  addInGroup(group, 'end', 'end an update for good')
    .argument('[update]', ofLatest)
    .action(perform(changing('end')));
}

const ofLatest = 'id (default: the latest)';

const shares = (text: string): readonly number[] =>
  text === 'none' ? [] : words(text).map((word) => wholeNumber(1, 100)(word.replace(/%$/, '')));

type BeginOptions = {
  readonly on?: string;
  readonly canary?: string;
  readonly shares?: readonly number[];
  readonly atOnce?: number;
  readonly maxErrors?: number;
  readonly drain?: boolean;
  readonly now?: boolean;
  readonly drainAfter?: number;
  readonly healthyWithin?: number;
  readonly pause?: number;
  readonly watch?: boolean;
};

async function begin(context: Context, options: BeginOptions): Promise<number | undefined> {
  const body = {
    target: options.on,
    canary: options.canary,
    shares: options.shares,
    atOnce: options.atOnce,
    maxErrors: options.maxErrors,
    mode: options.now === true ? 'now' : options.drain === true ? 'drain' : undefined,
    drainAfterSeconds: options.drainAfter,
    healthySeconds: options.healthyWithin,
    pauseSeconds: options.pause,
  };
  const begun = await context.client.post(path, agentUpdate, body);
  if (options.watch !== true) {
    context.print(begun, () => `${begun.id}\n`);
    context.say(
      `${begun.total === 1 ? '1 host' : `${begun.total} hosts`} in ${begun.waves.length} waves. \`muster agents updates watch\` shows how it goes.`,
    );
    return undefined;
  }
  context.say(`${begun.id}: ${begun.total === 1 ? '1 host' : `${begun.total} hosts`} to ${begun.version} (${begun.commit})`);
  return await watchUpdate(context, begun.id);
}

async function list(context: Context, { limit }: { readonly limit: number }): Promise<undefined> {
  const page = await readList(context.client, path, agentUpdate, { limit });
  printList(context, page, columns(context.surroundings.now()), 'No updates. `muster agents update` begins one.');
}

const columns = (now: number): Column<AgentUpdate>[] => [
  { title: 'UPDATE', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => state, colour: ({ state }) => colourOfUpdate(state) },
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'OVER', value: (update) => `${overOf(update)}/${update.total}`, align: 'right' },
  { title: 'ERRORS', value: (update) => String(sum(update, isUpdateError)), align: 'right' },
  { title: 'TARGET', value: ({ settings }) => settings.target, flexible: true },
  { title: 'BY', value: ({ createdBy }) => createdBy, flexible: true },
  { title: 'BEGUN', value: ({ createdAt }) => ago(createdAt, now) },
];

async function show(context: Context, id: string | undefined): Promise<undefined> {
  const found = await findUpdate(context, id);
  context.print(found, () => textOf(found, context));
}

function textOf(update: AgentUpdate, context: Context): string {
  const { settings } = update;
  const about = fields(
    [
      ['update', update.id],
      ['state', update.state, colourOfUpdate(update.state)],
      ['why', update.reason],
      ['version', `${update.version} (${update.commit})`],
      ['target', settings.target],
      ['hosts', `${update.total}: ${countsText(update.counts)}`],
      ['mode', settings.mode],
      ['begun', `${moment(update.createdAt)} by ${update.createdBy}`],
      ['finished', moment(update.finishedAt)],
    ],
    context.stdout,
  );
  return `${about}\n${table(update.waves, waveColumns, context.stdout)}`;
}

const waveColumns: Column<AgentUpdate['waves'][number]>[] = [
  { title: 'WAVE', value: ({ number }) => String(number + 1), align: 'right' },
  { title: 'HOSTS', value: ({ label }) => label },
  { title: 'COUNT', value: ({ total }) => String(total), align: 'right' },
  { title: 'BEGUN', value: ({ begunAt }) => moment(begunAt) ?? '–' },
  { title: 'STATES', value: ({ counts }) => countsText(counts) || '–', flexible: true },
];

type HostsOptions = { readonly state?: HostUpdateState; readonly limit: number };

async function hosts(context: Context, id: string | undefined, { state, limit }: HostsOptions): Promise<undefined> {
  const found = await findUpdate(context, id);
  const page = await readList(context.client, `${path}/${found.id}/hosts`, hostUpdate, { state, limit });
  printList(context, page, hostColumns(context.surroundings.now()), 'No host is in this state.');
}

const hostColumns = (now: number): Column<HostUpdate>[] => [
  { title: 'HOST', value: ({ agentName }) => agentName, flexible: true },
  { title: 'WAVE', value: ({ wave }) => String(wave + 1), align: 'right' },
  { title: 'STATE', value: ({ state }) => state, colour: ({ state }) => colourOfHost(state) },
  { title: 'VERSION', value: ({ version }) => version || '–' },
  { title: 'SINCE', value: ({ at }) => ago(at, now) },
  { title: 'WHY', value: ({ message }) => message, flexible: true },
];

async function watch(context: Context, id: string | undefined): Promise<number> {
  return await watchUpdate(context, (await findUpdate(context, id)).id);
}

const changing =
  (change: 'pause' | 'resume' | 'end') =>
  async (context: Context, id: string | undefined): Promise<undefined> => {
    const found = await findUpdate(context, id);
    const changed = await context.client.post(`${path}/${found.id}/${change}`, agentUpdate);
    context.print(changed, () => `${changed.id}: ${changed.state}\n`);
  };

async function versions(context: Context): Promise<undefined> {
  const found = await context.client.get('/api/v1/agent-versions', agentVersions);
  context.print(found, () => (found.versions.length === 0 ? '' : table(found.versions, versionColumns, context.stdout)));
  context.say(
    found.offered === null
      ? 'The server hands out no executables: `npm run build:agent` makes them.'
      : `The server hands out ${found.offered.version} (${found.offered.commit}).`,
  );
}

const versionColumns: Column<{ version: string; commit: string | null; count: number; isOffered: boolean }>[] = [
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'COMMIT', value: ({ commit }) => commit ?? '–' },
  { title: 'HOSTS', value: ({ count }) => String(count), align: 'right' },
  { title: 'OFFERED', value: ({ isOffered }) => (isOffered ? 'yes' : ''), colour: () => 'green' },
];

async function findUpdate({ client }: Context, id: string | undefined): Promise<AgentUpdate> {
  if (id !== undefined) return await client.get(`${path}/${encodeURIComponent(id)}`, agentUpdate);
  const { items } = await readList(client, path, agentUpdate, { limit: 1 });
  const [latest] = items;
  if (latest === undefined) throw new MusterError('not_found', 'There was no update yet. `muster agents update` begins one.');
  return latest;
}

const sum = ({ counts }: AgentUpdate, which: (state: HostUpdateState) => boolean): number =>
  Object.entries(counts).reduce((total, [state, count]) => total + (which(state as HostUpdateState) ? (count ?? 0) : 0), 0);

const overOf = (update: AgentUpdate): number => sum(update, isUpdateOver);

const colourOfUpdate = (state: AgentUpdate['state']): Colour =>
  state === 'running' ? 'blue' : state === 'paused' ? 'yellow' : state === 'done' ? 'green' : 'dim';

function colourOfHost(state: HostUpdateState): Colour | undefined {
  if (isUpdateError(state)) return 'red';
  if (state === 'healthy' || state === 'current') return 'green';
  if (state === 'waiting') return undefined;
  return state === 'not_possible' ? 'yellow' : 'blue';
}
