import { execFile } from 'node:child_process';
import type { Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';

export type OwnershipArgs = { readonly mode?: string; readonly owner?: string; readonly group?: string };

/** What is to be set; what is not given stays as it is. */
export type Ownership = { readonly mode?: number; readonly uid?: number; readonly gid?: number };

export async function readOwnership({ mode, owner, group }: OwnershipArgs): Promise<Ownership> {
  if (process.platform === 'win32') {
    const given = Object.entries({ mode, owner, group }).find(([, value]) => value !== undefined)?.[0];
    if (given !== undefined)
      throw new Error(`\`${given}\` means nothing on Windows, which has access lists: leave it out there (icacls sets them).`);
  }
  return {
    ...(mode === undefined ? {} : { mode: parseMode(mode) }),
    ...(owner === undefined ? {} : { uid: await userNumber(owner) }),
    ...(group === undefined ? {} : { gid: await groupNumber(group) }),
  };
}

/** Whether a file has all of it. */
export const hasOwnership = ({ mode, uid, gid }: Ownership, stats: Stats): boolean =>
  (mode === undefined || mode === (stats.mode & 0o7777)) && (uid ?? stats.uid) === stats.uid && (gid ?? stats.gid) === stats.gid;

/** `0644`, as people write it. */
export const modeText = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

function parseMode(mode: string): number {
  if (!/^[0-7]{3,4}$/.test(mode))
    throw new Error(`Give \`mode\` as three or four octal digits such as "0644", not ${JSON.stringify(mode)}.`);
  return Number.parseInt(mode, 8);
}

async function userNumber(owner: string): Promise<number> {
  if (/^\d+$/.test(owner)) return Number(owner);
  const uid = namePattern.test(owner) ? await printed('id', ['-u', owner]) : undefined;
  if (uid === undefined) throw new Error(`There is no user ${owner} on this host (\`owner\`).`);
  return Number(uid);
}

async function groupNumber(group: string): Promise<number> {
  if (/^\d+$/.test(group)) return Number(group);
  const lines = namePattern.test(group)
    ? ((await printed('getent', ['group', group])) ?? (await readFile('/etc/group', 'utf8').catch(() => '')))
    : '';
  const gid = lines
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === group)?.[2];
  if (gid === undefined) throw new Error(`There is no group ${group} on this host (\`group\`).`);
  return Number(gid);
}

const namePattern = /^[A-Za-z_][A-Za-z0-9_.@\\-]*\$?$/;

function printed(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, (error, stdout) => resolve(error === null ? stdout.trim() : undefined));
  });
}
