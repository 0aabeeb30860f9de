import { type Command, Option } from 'commander';
import { pageOf } from '../../shared/api/listing.ts';
import {
  type PluginDetail,
  type PluginHolder,
  type PluginVersion,
  pluginDetail,
  pluginDiff,
  pluginHolder,
  pluginHolderStates,
  pluginVersion,
} from '../../shared/api/plugins.ts';
import { task } from '../../shared/api/tasks.ts';
import { MusterError } from '../../shared/errors.ts';
import type { Context, Perform } from '../context.ts';
import { limitOption } from '../flags.ts';
import { addInGroup } from '../groups.ts';
import { diffSummary, diffText } from '../output/plugin-diff-text.ts';
import type { Column } from '../output/table.ts';
import { moment } from '../output/times.ts';
import { readList } from '../pages.ts';
import { checkPlugin } from '../plugins/check-plugin.ts';
import { pathOfPlugin as pathOf } from '../plugins/paths.ts';
import { type PluginSource, readPluginSource } from '../plugins/plugin-source.ts';
import { thisPlatform } from '../plugins/this-platform.ts';
import { printList } from '../print-list.ts';
import { pluginArgument } from './plugins-author.ts';

/** A plugin on the server through time: what is pushed, what was before, who has it, and tasks that keep a version. */
export function addPluginVersions(group: Command, perform: Perform): void {
  addInGroup(group, 'push', 'send a plugin to the server, which gives it to the agents')
    .argument(...pluginArgument)
    .option('--dry-run', 'only show what would change', false)
    .option('--force', 'also one that `check` finds fault with; the server may still refuse it', false)
    .action(perform(push));
  addInGroup(group, 'versions', 'the stored versions of a plugin, newest first')
    .argument('<name>', 'of the plugin')
    .action(perform(versions));
  addInGroup(group, 'diff', 'what is different between two versions of a plugin')
    .argument('<name>', 'of the plugin')
    .argument('[from]', 'a version, or the beginning of its SHA-256 (default: the one before)')
    .argument('[to]', 'a version, or the beginning of its SHA-256 (default: the current one)')
    .action(perform(diff));
  addInGroup(group, 'rollback', 'make a stored version the current one again, also of a deleted plugin')
    .argument('<name>', 'of the plugin')
    .argument('<version>', 'such as 1.2.0, or the beginning of its SHA-256')
    .action(perform(rollback));
  addInGroup(group, 'agents', 'which version of a plugin each agent has')
    .argument('<name>', 'of the plugin')
    .addOption(new Option('--state <state>', 'only those in this state').choices(pluginHolderStates))
    .addOption(limitOption().default(500))
    .action(perform(agents));
  addInGroup(group, 'pin', 'let a task keep one version of its plugin, whatever is pushed later')
    .argument('<task>', 'id')
    .argument('<version>', 'such as 1.2.0, or the beginning of its SHA-256')
    .action(perform(pin));
  addInGroup(group, 'unpin', 'let a task run the version that is current when it fires')
    .argument('<task>', 'id')
    .action(perform(unpin));
}

type PushOptions = { readonly dryRun: boolean; readonly force: boolean };

async function push(context: Context, given: string, { dryRun, force }: PushOptions): Promise<undefined> {
  const { client } = context;
  const source = await readPluginSource(given, context.surroundings.cwd);
  const wrong = checkPlugin(source, thisPlatform()).find(({ level }) => level === 'fail');
  if (wrong !== undefined && !force)
    throw new MusterError('plugin_invalid', `${wrong.what}: ${wrong.detail} \`muster plugins check\` tells more.`);
  const body = source.kind === 'folder' ? { files: source.files } : { file: source.file };
  const change = await client.post(`${pathOf(source.name)}/compare`, pluginDiff, body);
  const { from, to } = change;
  const name = `${source.name} ${to.version} ${to.sha256.slice(0, 12)}`;
  if (dryRun) {
    context.print(change, () => `${name}${beforeText(change)}\n${diffSummary(change)}${diffText(change, context.stdout)}`);
    return;
  }
  if (from?.sha256 === to.sha256) context.say('The server has this version already: nothing changes.');
  else context.say(`${name}${beforeText(change)}\n${diffSummary(change)}`.trimEnd());
  if (isSameName(source, change))
    context.say(`It is still called ${to.version}: raise \`version\` in plugin.json, so that people can tell the two apart.`);
  // what was shown is what is replaced
  const pushed = await client.put(pathOf(source.name), pluginDetail, body, from === null ? null : `"${from.sha256}"`);
  sayIfHiding(pushed, context);
  context.print(pushed, () => `${pushed.name} ${pushed.version} ${pushed.sha256.slice(0, 12)}\n`);
}

function sayIfHiding({ name, hidesFolder }: PluginDetail, context: Context): void {
  if (!hidesFolder) return;
  context.say(
    `The plugins folder of the server holds another ${name}, which is hidden by this one until \`muster plugins remove ${name}\`.`,
  );
}

const beforeText = ({ from, to }: { from: { version: string; sha256: string } | null; to: { sha256: string } }): string =>
  from === null
    ? ', new on the server'
    : from.sha256 === to.sha256
      ? ', as it is on the server'
      : `, instead of ${from.version} ${from.sha256.slice(0, 12)}`;

const isSameName = (
  { kind }: PluginSource,
  { from, to }: { from: { version: string; sha256: string } | null; to: { version: string; sha256: string } },
): boolean => kind === 'folder' && from !== null && from.version === to.version && from.sha256 !== to.sha256;

async function versions(context: Context, name: string): Promise<undefined> {
  const page = await context.client.get(`${pathOf(name)}/versions`, pageOf(pluginVersion));
  printList(context, page, versionColumns, 'No versions.');
}

const versionColumns: Column<PluginVersion>[] = [
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'SHA256', value: ({ sha256 }) => sha256.slice(0, 12) },
  { title: 'STATE', value: ({ current }) => (current ? 'current' : ''), colour: () => 'green' },
  { title: 'ON', value: ({ heldBy }) => `${heldBy}`, align: 'right' },
  { title: 'STORED', value: ({ createdAt }) => moment(createdAt) ?? '' },
  { title: 'BY', value: ({ createdBy }) => createdBy, flexible: true },
];

async function diff(context: Context, name: string, from: string | undefined, to: string | undefined): Promise<undefined> {
  const found = await context.client.get(`${pathOf(name)}/diff`, pluginDiff, { from, to });
  if (found.files.length === 0) context.say('The two are the same.');
  context.print(found, () => diffText(found, context.stdout));
}

async function rollback(context: Context, name: string, version: string): Promise<undefined> {
  const now = await context.client.post(`${pathOf(name)}/rollback`, pluginDetail, { version });
  sayIfHiding(now, context);
  context.print(now, () => `${now.name} ${now.version} ${now.sha256.slice(0, 12)}\n`);
}

type AgentsOptions = { readonly state?: string; readonly limit: number };

async function agents(context: Context, name: string, { state, limit }: AgentsOptions): Promise<undefined> {
  const page = await readList(context.client, `${pathOf(name)}/agents`, pluginHolder, { state, limit });
  printList(context, page, holderColumns, 'No agents.');
}

const holderColumns: Column<PluginHolder>[] = [
  { title: 'AGENT', value: ({ agentName }) => agentName },
  { title: 'STATUS', value: ({ status }) => status },
  {
    title: 'HAS',
    value: ({ state }) => state.replaceAll('_', ' '),
    colour: ({ state }) => (state === 'current' ? 'green' : 'yellow'),
  },
  {
    title: 'VERSIONS',
    value: ({ held }) => held.map(({ version, sha256 }) => `${version} ${sha256.slice(0, 12)}`).join(', '),
    flexible: true,
  },
];

async function pin(context: Context, id: string, version: string): Promise<undefined> {
  const now = await context.client.post(`/api/v1/tasks/${encodeURIComponent(id)}/pin`, task, { version });
  context.print(now, () => `${now.name} keeps ${now.plugin} ${now.pluginVersion?.slice(0, 12)}.\n`);
}

async function unpin(context: Context, id: string): Promise<undefined> {
  const now = await context.client.post(`/api/v1/tasks/${encodeURIComponent(id)}/unpin`, task);
  context.print(now, () => `${now.name} runs whatever version of ${now.plugin} is current.\n`);
}
