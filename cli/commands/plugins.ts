import type { Command } from 'commander';
import { type PluginDetail, type PluginSummary, pluginDetail, pluginSummary } from '../../shared/api/plugins.ts';
import type { Context, Perform } from '../context.ts';
import { limitOption } from '../flags.ts';
import { addDefaultInGroup, addGroup, addInGroup } from '../groups.ts';
import { fields } from '../output/fields.ts';
import { formatBytes } from '../output/sizes.ts';
import type { Column } from '../output/table.ts';
import { moment } from '../output/times.ts';
import { readList } from '../pages.ts';
import { pathOfPlugin as pathOf, pluginsPath } from '../plugins/paths.ts';
import { printList } from '../print-list.ts';
import { addPluginAuthoring } from './plugins-author.ts';
import { addPluginVendor } from './plugins-vendor.ts';
import { addPluginVersions } from './plugins-versions.ts';

export function addPlugins(program: Command, perform: Perform): void {
  const group = addGroup(program, 'plugins', 'Work:', 'the kinds of work that agents can do');
  addDefaultInGroup(group, 'list', 'list plugins').addOption(limitOption().default(500)).action(perform(list));
  addInGroup(group, 'show', 'a plugin, its actions and its versions').argument('<name>', 'of the plugin').action(perform(show));
  addPluginAuthoring(group, perform);
  addPluginVendor(group, perform);
  addPluginVersions(group, perform);
  addInGroup(group, 'remove', 'delete a plugin that was pushed; runs under way keep it')
    .alias('delete')
    .argument('<name>', 'of the plugin')
    .action(perform(remove));
}

async function list(context: Context, { limit }: { readonly limit: number }): Promise<undefined> {
  const page = await readList(context.client, pluginsPath, pluginSummary, { limit });
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
      [
        'from',
        of.source === 'folder'
          ? 'the plugins folder of the server'
          : `pushed${of.hidesFolder ? '; it hides another one in the plugins folder of the server' : ''}`,
      ],
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

async function remove(context: Context, name: string): Promise<undefined> {
  await context.client.delete(pathOf(name));
  context.print(
    { name, deleted: true },
    () => `${name} is deleted. Its versions stay stored: \`muster plugins rollback ${name} VERSION\` brings one back.\n`,
  );
}
