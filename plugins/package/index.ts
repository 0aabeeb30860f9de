import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { hasVersion } from './dnf.ts';
import { changeSentence, changesOf } from './package-changes.ts';
import {
  type Installed,
  type InstallOptions,
  type PackageManager,
  type RemoveOptions,
  type Wanted,
  wantedOf,
} from './package-manager.ts';
import { type ManagerArgs, managerOf } from './this-host.ts';
import { told } from './told.ts';

type InstallArgs = ManagerArgs & InstallOptions & { readonly packages: readonly string[]; readonly updateFirst?: boolean };

export const install = (args: InstallArgs, context: PluginContext): Promise<PluginResult> =>
  told(() => installNow(args, context));

async function installNow(args: InstallArgs, context: PluginContext): Promise<PluginResult> {
  const manager = await managerOf(args, context);
  const before = await manager.installed();
  const wanted = args.packages.map(wantedOf).filter((one) => !isThere(manager, before, one));
  if (wanted.length === 0) return done(manager, before, before, 'Everything is installed already.');
  if (args.updateFirst) await manager.update();
  await manager.install(wanted, args);
  if (args.dryRun)
    return wouldChange(manager, `Would install ${wanted.map(({ name }) => name).join(', ')}; the log has the whole plan.`);
  const after = await manager.installed();
  const missing = wanted.filter((one) => !isThere(manager, after, one));
  if (missing.length > 0)
    throw new Error(
      `${manager.name} ended well, but these are not installed as wanted: ${missing.map(({ name }) => name).join(', ')}.`,
    );
  return done(manager, before, after);
}

type RemoveArgs = ManagerArgs & RemoveOptions & { readonly packages: readonly string[] };

export const remove = (args: RemoveArgs, context: PluginContext): Promise<PluginResult> => told(() => removeNow(args, context));

async function removeNow(args: RemoveArgs, context: PluginContext): Promise<PluginResult> {
  const manager = await managerOf(args, context);
  const before = await manager.installed();
  const present = args.packages.filter((name) => versionOf(before, name) !== undefined);
  // apt's purge removes what a package that is gone has left behind
  if (present.length === 0 && !(args.purge && manager.name === 'apt'))
    return done(manager, before, before, 'None of them is installed.');
  const isPurge = args.purge && manager.name === 'apt';
  const known = isPurge ? await knownOf(manager, args.packages, before) : present;
  if (known.length > 0) await manager.remove(known, args);
  if (args.dryRun) return wouldChange(manager, `Would remove ${known.join(', ')}; the log has the whole plan.`);
  return done(manager, before, await manager.installed());
}

export const update = (args: ManagerArgs, context: PluginContext): Promise<PluginResult> => told(() => updateNow(args, context));

async function updateNow(args: ManagerArgs, context: PluginContext): Promise<PluginResult> {
  const manager = await managerOf(args, context);
  await manager.update();
  return { status: 'success', message: `The lists of ${manager.name} are up to date.`, data: { manager: manager.name } };
}

type UpgradeArgs = ManagerArgs & {
  readonly packages?: readonly string[];
  readonly updateFirst?: boolean;
  readonly dryRun?: boolean;
};

export const upgrade = (args: UpgradeArgs, context: PluginContext): Promise<PluginResult> =>
  told(() => upgradeNow(args, context));

async function upgradeNow(args: UpgradeArgs, context: PluginContext): Promise<PluginResult> {
  const { packages = [], dryRun } = args;
  const manager = await managerOf(args, context);
  const before = await manager.installed();
  const absent = packages.filter((name) => versionOf(before, name) === undefined);
  if (absent.length > 0) throw new Error(`Not installed, so there is nothing to upgrade: ${absent.join(', ')}.`);
  if (args.updateFirst) await manager.update();
  await manager.upgrade(packages, dryRun === undefined ? {} : { dryRun });
  if (dryRun) return wouldChange(manager, 'The log has the whole plan.');
  return done(manager, before, await manager.installed(), 'Everything is as new as can be had.');
}

type ListArgs = ManagerArgs & { readonly match?: string; readonly upgradable?: boolean };

const listedAtMost = 2000;

export const list = (args: ListArgs, context: PluginContext): Promise<PluginResult> => told(() => listNow(args, context));

async function listNow(args: ListArgs, context: PluginContext): Promise<PluginResult> {
  const manager = await managerOf(args, context);
  const installed = await manager.installed();
  const candidates = args.upgradable ? await manager.upgradable() : undefined;
  const pattern = args.match === undefined ? undefined : globOf(args.match);
  const found = [...(candidates?.keys() ?? installed.keys())]
    .filter((name) => pattern === undefined || pattern.test(name))
    .sort();
  const rows = found.map((name) => {
    const candidate = candidates?.get(name);
    return { name, version: versionOf(installed, name) ?? '', ...(candidate === undefined ? {} : { candidate }) };
  });
  for (const { name, version, candidate } of rows)
    context.log(`${name} ${version}${candidate === undefined ? '' : ` → ${candidate}`}`);
  const cut = rows.length > listedAtMost ? `, of which the first ${listedAtMost} are in the data` : '';
  const what = args.upgradable ? 'can be upgraded' : 'installed';
  return {
    status: 'success',
    message: `${rows.length} ${rows.length === 1 ? 'package' : 'packages'} ${what}${cut}.`,
    data: { manager: manager.name, packages: rows.slice(0, listedAtMost) },
  };
}

type InfoArgs = ManagerArgs & { readonly package: string };

export const info = (args: InfoArgs, context: PluginContext): Promise<PluginResult> => told(() => infoNow(args, context));

async function infoNow(args: InfoArgs, context: PluginContext): Promise<PluginResult> {
  const manager = await managerOf(args, context);
  const name = args.package;
  const installed = versionOf(await manager.installed(), name) ?? null;
  const candidate = (await manager.candidate(name)) ?? null;
  if (installed === null && candidate === null)
    throw new Error(`${manager.name} knows no package ${name}; its lists may be old.`);
  const now = installed === null ? `${name} is not installed` : `${name} ${installed} is installed`;
  const newest =
    candidate === null ? 'nothing newer is known' : candidate === installed ? 'which is the newest' : `${candidate} can be had`;
  return { status: 'success', message: `${now}, ${newest}.`, data: { manager: manager.name, name, installed, candidate } };
}

/** dpkg tells the architecture of some packages, and asks for it of nobody. */
function versionOf(installed: Installed, name: string): string | undefined {
  return installed.get(name) ?? [...installed].find(([key]) => key.startsWith(`${name}:`))?.[1];
}

function isThere(manager: PackageManager, installed: Installed, { name, version }: Wanted): boolean {
  const present = versionOf(installed, name);
  if (manager.name === 'dnf') return hasVersion(present, version);
  return present !== undefined && (version === undefined || present === version);
}

async function knownOf(manager: PackageManager, names: readonly string[], installed: Installed): Promise<string[]> {
  const known: string[] = [];
  for (const name of names)
    if (versionOf(installed, name) !== undefined || (await manager.candidate(name)) !== undefined) known.push(name);
  return known;
}

function done(
  manager: PackageManager,
  before: Installed,
  after: Installed,
  otherwise = 'Nothing had to be changed.',
): PluginResult {
  const changes = changesOf(before, after);
  return {
    status: 'success',
    message: changes.length === 0 ? otherwise : changeSentence(changes),
    data: { changed: changes.length > 0, manager: manager.name, packages: changes },
  };
}

const wouldChange = (manager: PackageManager, message: string): PluginResult => ({
  status: 'success',
  message,
  data: { changed: false, wouldChange: true, manager: manager.name, packages: [] },
});

const globOf = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
