import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { existing, plain, type ReachArgs, reach } from './reach.ts';
import { type Service, type ServiceManager, whatIs } from './service.ts';
import { createSystemd } from './systemd.ts';
import { told } from './told.ts';
import { createWindowsServices } from './windows-services.ts';

type StatusArgs = { readonly name: string; readonly expect?: 'running' | 'stopped' };

export const status = (args: StatusArgs, context: PluginContext): Promise<PluginResult> => told(() => look(args, context));

async function look({ name, expect }: StatusArgs, context: PluginContext): Promise<PluginResult> {
  const service = await existing(managerOf(context), name);
  const isExpected = expect === undefined || service.state === expect;
  return {
    status: isExpected ? 'success' : 'failed',
    message: `${whatIs(service)}${isExpected ? '' : `, and should be ${expect}`}.`,
    data: plain(service),
  };
}

export const start = (args: ReachArgs, context: PluginContext): Promise<PluginResult> =>
  told(() => reach(managerOf(context), 'start', args, context));

export const stop = (args: ReachArgs, context: PluginContext): Promise<PluginResult> =>
  told(() => reach(managerOf(context), 'stop', args, context));

export const restart = (args: ReachArgs, context: PluginContext): Promise<PluginResult> =>
  told(() => reach(managerOf(context), 'restart', args, context));

export const reload = (args: ReachArgs, context: PluginContext): Promise<PluginResult> =>
  told(() => reach(managerOf(context), 'reload', args, context));

type EnableArgs = ReachArgs & { readonly now?: boolean };

export const enable = (args: EnableArgs, context: PluginContext): Promise<PluginResult> =>
  told(() => startsWithHost(true, args, context));

export const disable = (args: EnableArgs, context: PluginContext): Promise<PluginResult> =>
  told(() => startsWithHost(false, args, context));

async function startsWithHost(wanted: boolean, args: EnableArgs, context: PluginContext): Promise<PluginResult> {
  const manager = managerOf(context);
  const before = await existing(manager, args.name);
  if (before.enabled !== wanted) {
    const end = await manager.order(wanted ? 'enable' : 'disable', args.name, args.waitSeconds ?? 90);
    if (typeof end === 'object') throw new Error(`${args.name}: ${end.refused}`);
  }
  const after = await existing(manager, args.name);
  if (after.enabled !== wanted)
    throw new Error(
      `${args.name} cannot be ${wanted ? 'enabled' : 'disabled'}: whether it starts is "${after.startMode}", which something else decides.`,
    );
  const changed = before.enabled !== wanted;
  const sentence = `${args.name} ${wanted ? 'starts' : 'does not start'} with the host${changed ? ' from now on' : ' already'}.`;
  if (args.now !== true) return { status: 'success', message: sentence, data: { changed, ...plain(after) } };
  const { status: end, message, data } = await reach(manager, wanted ? 'start' : 'stop', args, context);
  const reached = data as { changed: boolean };
  return { status: end, message: `${sentence} ${message}`, data: { ...reached, changed: changed || reached.changed } };
}

type ListArgs = { readonly state?: Service['state'] | 'all'; readonly match?: string };

const listedAtMost = 1000;

export const list = (args: ListArgs, context: PluginContext): Promise<PluginResult> => told(() => listed(args, context));

async function listed({ state = 'all', match }: ListArgs, context: PluginContext): Promise<PluginResult> {
  const pattern = match === undefined ? undefined : globOf(match);
  const found = (await managerOf(context).list()).filter(
    (service) => (state === 'all' || service.state === state) && (pattern === undefined || pattern.test(service.name)),
  );
  const width = Math.max(0, ...found.map(({ name }) => name.length));
  for (const { name, detail, startMode, description } of found)
    context.log(`${name.padEnd(width)}  ${detail.padEnd(18)}  ${startMode.padEnd(8)}  ${description}`.trimEnd());
  const shown = found
    .slice(0, listedAtMost)
    .map(({ name, state: now, detail, startMode, description }) => ({ name, state: now, detail, startMode, description }));
  const cut = found.length > shown.length ? `, of which the first ${shown.length} are in the data` : '';
  const ofState = state === 'all' ? '' : ` ${state}`;
  return {
    status: 'success',
    message: `${found.length}${ofState} ${found.length === 1 ? 'service' : 'services'}${cut}.`,
    data: { services: shown },
  };
}

const globOf = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

function managerOf(context: PluginContext): ServiceManager {
  if (process.platform === 'linux') return createSystemd(context);
  if (process.platform === 'win32') return createWindowsServices(context);
  throw new Error('Services are known on Linux (systemd) and Windows.');
}
