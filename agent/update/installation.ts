import { accessSync, constants, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Release, ReleaseFile } from '../../shared/release.ts';
import { syncFolder, writeDurably } from '../durable-file.ts';
import type { Starter } from './starter.ts';

/** The folder in which executables lie side by side, as the installer makes it, and the name that says which of them is started. */
export type Installation = {
  readonly folder: string;
  /** of the executable that runs, in that folder */
  readonly name: string;
  /** of the one that is started next; undefined: none */
  current(): string | undefined;
  /** From now on this one is started; on disk when it returns. */
  point(name: string): void;
};

export type InstallationOrNot = { readonly installation: Installation } | { readonly notUpdatable: string };

export type InstallationResources = {
  /** it is an executable, and not the source */
  readonly isExecutable: boolean;
  readonly execPath: string;
  readonly starter: Starter | undefined;
  readonly isWindows: boolean;
};

/** What an executable is called there. */
export const executableName = ({ version }: Release, { sha256 }: ReleaseFile, isWindows: boolean): string =>
  `muster-agent-${version}-${sha256.slice(0, 12)}${isWindows ? '.exe' : ''}`;

export const isExecutableName = (name: string): boolean => /^muster-agent-[A-Za-z0-9.+_-]+-[0-9a-f]{12}(\.exe)?$/.test(name);

/** Whether this agent can replace itself, and if not, a sentence why. */
export function findInstallation({ isExecutable, execPath, starter, isWindows }: InstallationResources): InstallationOrNot {
  if (!isExecutable) return { notUpdatable: 'It runs from its source, and is updated with it.' };
  const folder = dirname(execPath);
  const name = basename(execPath);
  const installation = isWindows ? installedOnWindows(folder, name) : installedOnPosix(folder, name);
  if (!isExecutableName(name) || installation.current() !== name)
    return { notUpdatable: `It was not installed by the installer. ${remedy}` };
  if (starter === undefined)
    return { notUpdatable: `It was not started by the program of the installer that can take an update back. ${remedy}` };
  if (!isWritable(folder)) return { notUpdatable: `Its account cannot write ${folder}. ${remedy}` };
  return { installation };
}

const remedy = 'To update it, run the install line again on this host.';

/** A link to the executable; it is replaced in one step. */
function installedOnPosix(folder: string, name: string): Installation {
  const link = join(folder, 'muster-agent');
  return {
    folder,
    name,
    current() {
      try {
        return basename(readlinkSync(link));
      } catch {
        return undefined;
      }
    },
    point(next) {
      const fresh = join(folder, '.muster-agent.next');
      rmSync(fresh, { force: true });
      symlinkSync(next, fresh);
      // instant: update-half-switched
      renameSync(fresh, link);
      syncFolder(folder);
    },
  };
}

/** Links take rights on Windows: there it is a file with the name. */
function installedOnWindows(folder: string, name: string): Installation {
  const file = join(folder, 'current.txt');
  return {
    folder,
    name,
    current() {
      try {
        return readFileSync(file, 'utf8').trim();
      } catch {
        return undefined;
      }
    },
    point: (next) => writeDurably(file, next),
  };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
