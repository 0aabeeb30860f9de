import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ReleaseFile } from '../../shared/release.ts';
import { isDiskFull } from '../disk.ts';
import { syncFolder } from '../durable-file.ts';
import { type DownloadResources, download } from './download.ts';
import { sha256OfFile } from './file-sha256.ts';
import { type Installation, isExecutableName } from './installation.ts';
import { tryExecutable } from './try-executable.ts';
import { type Packed, smallestDownload, unpack } from './unpack.ts';

export type ObtainResources = Omit<DownloadResources, 'onProgress'> & {
  readonly installation: Pick<Installation, 'folder' | 'name'>;
  /** of the agent: the new one has to be able to use its settings */
  readonly dir: string;
  readonly onProgress: (bytes: number, total: number) => void;
};

/** beside the executables, so that the finished one is only renamed */
const workFolder = '.updating';
const slackBytes = 4 * 1024 * 1024;

/**
 * Puts the executable of a release beside the one that runs, proved and tried. Nothing else changes.
 * @param name what it is called there
 * @throws Error with a sentence
 */
export async function obtainExecutable(file: ReleaseFile, name: string, resources: ObtainResources): Promise<void> {
  const { installation, dir, signal, clock } = resources;
  const place = join(installation.folder, name);
  const work = join(installation.folder, workFolder);
  try {
    if (!(await isThere(place, file, signal))) {
      const packed = smallestDownload(file);
      mkdirSync(work, { recursive: true, mode: 0o700 });
      removeBut(work, [partName(packed)]);
      makeRoom(file, packed, work, installation, name);
      await fetch(file, packed, place, work, resources);
    }
    await tryExecutable(place, { dir, clock });
  } catch (error) {
    if (name !== installation.name && !signal.aborted) rmSync(place, { force: true });
    if (isDiskFull(error)) throw new Error(`There is no space left in ${installation.folder}.`, { cause: error });
    throw error;
  }
}

/** When the new one is healthy: it and the one before it stay. */
export function removeOthers({ folder }: Pick<Installation, 'folder'>, kept: readonly string[]): void {
  for (const name of readdirSync(folder))
    if (isExecutableName(name) && !kept.includes(name)) rmSync(join(folder, name), { force: true });
  rmSync(join(folder, workFolder), { recursive: true, force: true });
}

async function isThere(place: string, file: ReleaseFile, signal: AbortSignal): Promise<boolean> {
  if (statSync(place, { throwIfNoEntry: false })?.size !== file.bytes) return false;
  return (await sha256OfFile(place, signal)) === file.sha256;
}

async function fetch(file: ReleaseFile, packed: Packed, place: string, work: string, resources: ObtainResources): Promise<void> {
  const { signal, onProgress } = resources;
  const part = join(work, partName(packed));
  const fresh = join(work, 'executable');
  await download(packed, part, { ...resources, onProgress: (bytes) => onProgress(bytes, packed.bytes) });
  try {
    await unpack(part, fresh, packed.encoding, file, signal);
    chmodSync(fresh, 0o755);
    renameSync(fresh, place);
    syncFolder(resources.installation.folder);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
  rmSync(part, { force: true });
}

/** By its content, so that a download that was cut is gone on with only where it is the same. */
const partName = ({ sha256 }: Packed): string => `${sha256}.part`;

/**
 * Two packed or not, besides what runs. Where there is no space for it, the executable before the running one goes: it is the running one
 * that an update would go back to.
 */
function makeRoom(
  file: ReleaseFile,
  packed: Packed,
  work: string,
  installation: ObtainResources['installation'],
  name: string,
): void {
  const there = statSync(join(work, partName(packed)), { throwIfNoEntry: false })?.size ?? 0;
  const needed = file.bytes + packed.bytes - there + slackBytes;
  const { folder } = installation;
  if (freeBytes(folder) < needed) {
    const spare = readdirSync(folder).filter((each) => isExecutableName(each) && each !== installation.name && each !== name);
    for (const each of spare) rmSync(join(folder, each), { force: true });
  }
  const free = freeBytes(folder);
  if (free < needed)
    throw new Error(`There is no space in ${folder}: ${megabytes(needed)} MB are needed and ${Math.floor(free / 1e6)} MB free.`);
}

function removeBut(folder: string, kept: readonly string[]): void {
  for (const name of readdirSync(folder)) if (!kept.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

function freeBytes(folder: string): number {
  const { bsize, bavail } = statfsSync(folder);
  return bsize * bavail;
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
