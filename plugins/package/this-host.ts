import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { PluginContext } from '../../shared/plugin-api.ts';
import { createApt } from './apt.ts';
import { createDnf } from './dnf.ts';
import type { ManagerName, PackageManager } from './package-manager.ts';
import { createWinget } from './winget.ts';

export type ManagerArgs = { readonly manager?: ManagerName; readonly lockSeconds?: number };

const programs: Readonly<Record<ManagerName, string>> = { apt: 'apt-get', dnf: 'dnf', winget: 'winget.exe' };

/** The package manager that is asked for, or the one of this host. */
export async function managerOf({ manager, lockSeconds = 120 }: ManagerArgs, context: PluginContext): Promise<PackageManager> {
  const name = manager ?? (Object.keys(programs) as ManagerName[]).find((each) => isOnPath(programs[each]));
  if (name === undefined) throw new Error('This host has none of the package managers apt, dnf and winget.');
  if (!isOnPath(programs[name])) throw new Error(`This host has no ${name}: ${programs[name]} was not found.`);
  if (name === 'apt') return createApt(context, lockSeconds);
  return name === 'dnf' ? createDnf(context, lockSeconds) : createWinget(context);
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
