import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { Shell } from './installer.ts';

/**
 * The shells that scripts have to work with: dash with the tools of Debian, and the ash of busybox with nothing but what is in busybox.
 * @param folder for the links to busybox
 */
export function posixShells(folder: string): Shell[] {
  const dash: Shell = { name: 'dash', file: '/usr/bin/dash', args: [], path: process.env.PATH ?? '/usr/bin:/bin' };
  if (!isThere('busybox')) return [dash];
  mkdirSync(folder, { recursive: true });
  execFileSync('busybox', ['--install', '-s', folder]);
  return [dash, { name: 'busybox ash', file: `${folder}/ash`, args: [], path: folder }];
}

export const isThere = (program: string): boolean => spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined;
