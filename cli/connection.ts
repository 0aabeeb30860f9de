import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { MusterError } from '../shared/errors.ts';
import { httpUrl } from '../shared/setting-values.ts';
import type { Surroundings } from './surroundings.ts';

/** Which server, and who one is there. */
export type ConnectionOptions = { readonly server?: string | undefined; readonly token?: string | undefined };

export const defaultServer = 'http://127.0.0.1:8000';

export function serverOf(options: ConnectionOptions, env: Surroundings['env']): string {
  const [named, text] =
    options.server === undefined ? ['MUSTER_SERVER', env.MUSTER_SERVER || defaultServer] : ['--server', options.server];
  const url = httpUrl.schema.safeParse(text);
  if (url.success) return url.data;
  throw new MusterError('field_invalid', `${named} must be ${httpUrl.allowed} and not ${JSON.stringify(text)}.`, {
    field: named,
  });
}

/** `value` undefined: there is none, and `from` says where it was looked for */
export type FoundToken = { readonly value: string | undefined; readonly from: string };

/**
 * The flag, MUSTER_TOKEN, MUSTER_ADMIN_TOKEN, or the file that a server on this host wrote into its data folder. A file in the default
 * place is taken only for a server on this host: the token of one server must not be shown to another.
 */
export function findToken(
  options: ConnectionOptions,
  server: string,
  { env, cwd }: Pick<Surroundings, 'env' | 'cwd'>,
): FoundToken {
  if (options.token !== undefined) return { value: options.token, from: '--token' };
  for (const name of ['MUSTER_TOKEN', 'MUSTER_ADMIN_TOKEN']) {
    if (env[name]) return { value: env[name], from: name };
  }
  const file = resolve(cwd, env.MUSTER_DATA_DIR || './data', 'admin.token');
  if (!env.MUSTER_DATA_DIR && !isThisHost(new URL(server).hostname)) return { value: undefined, from: 'MUSTER_TOKEN' };
  try {
    return { value: readFileSync(file, 'utf8').trim(), from: file };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { value: undefined, from: file };
    throw new MusterError('forbidden', `The token in ${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

/** A header can hold it; anything else was pasted wrongly. */
export function checkToken({ value, from }: FoundToken): string | undefined {
  if (value === undefined || /^[\x21-\x7e]+$/.test(value)) return value;
  throw new MusterError('field_invalid', `What ${from} holds is not a token: a token has no spaces and only ASCII characters.`, {
    field: from,
  });
}

/** Whether an address is one that only this host itself can use. */
export function isLoopback(name: string): boolean {
  const bare = withoutBrackets(name);
  return bare === 'localhost' || bare.endsWith('.localhost') || bare.startsWith('127.') || bare === '::1';
}

export function isThisHost(name: string): boolean {
  if (isLoopback(name)) return true;
  const bare = withoutBrackets(name);
  if (bare === hostname().toLowerCase()) return true;
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address.toLowerCase() === bare));
}

const withoutBrackets = (name: string): string => name.replace(/^\[|\]$/g, '').toLowerCase();
