import type { Command } from 'commander';
import { type PluginDetail, type PluginSummary, pluginDetail, pluginSummary } from '../../shared/api/plugins.ts';
import { MusterError } from '../../shared/errors.ts';
import { type Platform, platforms } from '../../shared/plugin-manifest.ts';
import { type Context, exitCodes, type Perform } from '../context.ts';
import { limitOption } from '../flags.ts';
import { addDefaultInGroup, addGroup, addInGroup } from '../groups.ts';
import { fields } from '../output/fields.ts';
import { findingsText } from '../output/findings.ts';
import { formatBytes } from '../output/sizes.ts';
import type { Column } from '../output/table.ts';
import { moment } from '../output/times.ts';
import { readList } from '../pages.ts';
import { checkPlugin } from '../plugins/check-plugin.ts';
import { type PluginSource, readPluginSource } from '../plugins/plugin-source.ts';
import { printList } from '../print-list.ts';

const path = '/api/v1/plugins';
const pathOf = (name: string): string => `${path}/${encodeURIComponent(name)}`;

export function addPlugins(program: Command, perform: Perform): void {
  const group = addGroup(program, 'plugins', 'Work:', 'the kinds of work that agents can do');
  addDefaultInGroup(group, 'list', 'list plugins').addOption(limitOption().default(500)).action(perform(list));
  addInGroup(group, 'show', 'a plugin, its actions and its versions').argument('<name>', 'of the plugin').action(perform(show));
  addInGroup(group, 'check', 'say whether the server would take a plugin, and why not')
    .argument('<path>', 'the folder of a plugin, or its single file')
    .action(perform(check));
  addInGroup(group, 'push', 'send a plugin to the server, which gives it to the agents')
    .argument('<path>', 'the folder of a plugin, or its single file')
    .action(perform(push));
  addInGroup(group, 'delete', 'delete a plugin that was pushed; runs under way keep it')
    .argument('<name>', 'of the plugin')
    .action(perform(remove));
}

async function list(context: Context, { limit }: { readonly limit: number }): Promise<undefined> {
  const page = await readList(context.client, path, pluginSummary, { limit });
  printList(context, page, columns, 'No plugins. `muster plugins push PATH` sends one.');
}

const columns: Column<PluginSummary>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'VERSION', value: ({ version }) => version },
  { title: 'RUNTIME', value: ({ runtime }) => runtime },
  { title: 'ACTIONS', value: ({ actions }) => Object.keys(actions).join(' '), flexible: true },
  { title: 'ON', value: ({ heldBy }) => `${heldBy}`, align: 'right' },
  { title: 'FROM', value: ({ source }) => source },
  { title: 'DESCRIPTION', value: ({ description }) => description, flexible: true },
];

async function show(context: Context, name: string): Promise<undefined> {
  const detail = await context.client.get(pathOf(name), pluginDetail);
  context.print(detail, () => textOf(detail, context));
}

const textOf = (of: PluginDetail, { stdout }: Context): string =>
  fields(
    [
      ['name', of.name],
      ['version', of.version],
      ['description', of.description || null],
      ['runtime', of.runtime],
      ['platforms', of.platforms?.join(', ') ?? 'every platform'],
      ['actions', Object.entries(of.actions).map(actionText).join('\n')],
      ['files', of.files.map(({ path: file, bytes }) => `${file} (${formatBytes(bytes)})`).join('\n')],
      ['sha256', of.sha256],
      ['on', `${of.heldBy} ${of.heldBy === 1 ? 'agent' : 'agents'}`],
      ['from', of.source],
      ['updated', moment(of.updatedAt)],
      [
        'versions',
        of.versions
          .map((one) => `${one.version} ${one.sha256.slice(0, 12)} ${moment(one.createdAt)} by ${one.createdBy}`)
          .join('\n'),
      ],
    ],
    stdout,
  );

function actionText([name, { title, args }]: [string, PluginDetail['actions'][string]]): string {
  const properties = Object.keys((args?.properties as object | undefined) ?? {});
  return `${name}${title === undefined ? '' : `: ${title}`}${properties.length === 0 ? '' : ` (${properties.join(', ')})`}`;
}

async function check(context: Context, given: string): Promise<number> {
  const source = readPluginSource(given, context.surroundings.cwd);
  const findings = checkPlugin(source, thisPlatform());
  const valid = findings.every(({ level }) => level !== 'fail');
  context.print({ name: source.name, valid, findings }, () => findingsText(findings, context.stdout));
  return valid ? exitCodes.done : exitCodes.failed;
}

async function push(context: Context, given: string): Promise<undefined> {
  const source = readPluginSource(given, context.surroundings.cwd);
  const wrong = checkPlugin(source, thisPlatform()).find(({ level }) => level === 'fail');
  if (wrong !== undefined)
    throw new MusterError('plugin_invalid', `${wrong.what}: ${wrong.detail} \`muster plugins check\` tells more.`);
  const pushed = await context.client.put(pathOf(source.name), pluginDetail, bodyOf(source));
  context.print(pushed, () => `${pushed.name} ${pushed.version} ${pushed.sha256.slice(0, 12)}\n`);
}

const bodyOf = (source: PluginSource): object => (source.kind === 'folder' ? { files: source.files } : { file: source.file });

async function remove(context: Context, name: string): Promise<undefined> {
  await context.client.delete(pathOf(name));
  context.print({ name, deleted: true }, () => `${name} is deleted.\n`);
}

const thisPlatform = (): Platform => platforms.find((platform) => platform === process.platform) ?? 'linux';
