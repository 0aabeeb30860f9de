import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Identity, readIdentity } from '../../agent/identity/identity-file.ts';
import { trustAuthority } from '../../agent/link/trust.ts';
import { joinTokenPattern } from '../../shared/join-tokens.ts';
import { httpUrl } from '../../shared/setting-values.ts';
import { SetupStop, setupCodes } from './setup-stop.ts';
import { spelled } from './spelling.ts';
import type { ThisTree } from './this-tree.ts';

/** As setup-client.ts reads them. */
export type ClientFlags = {
  readonly 'server-url'?: string | undefined;
  readonly 'client-name'?: string | undefined;
  readonly tags?: string | undefined;
  readonly slots?: string | undefined;
  /** a whole path, as the next */
  readonly ca?: string | undefined;
  readonly 'data-dir'?: string | undefined;
  readonly service: boolean;
  readonly uninstall: boolean;
};

export type ClientSetup = {
  readonly serverUrl: string;
  /** undefined: the host has joined, or it is removed */
  readonly token: string | undefined;
  /** who this host is, if it has joined */
  readonly identity: Identity | undefined;
  readonly name: string | undefined;
  readonly tags: string | undefined;
  readonly slots: string | undefined;
  readonly ca: string | undefined;
  readonly isService: boolean;
  /** by the installer, as a program of its own beside this folder's */
  readonly isInstalled: boolean;
  readonly isUninstall: boolean;
  readonly dataDir: string;
  /** of the program that is installed; undefined: where the installer puts it */
  readonly prefix: string | undefined;
};

const tokenCode = 8;

/** @throws SetupStop for what is missing or cannot be */
export function readClientSetup(flags: ClientFlags, env: NodeJS.ProcessEnv, { top, isBundle }: ThisTree): ClientSetup {
  const { service: isService, uninstall: isUninstall, name, ...given } = { name: flags['client-name'], ...flags };
  const dataDir = flags['data-dir'] ?? (isService ? serviceFolder() : join(top, 'data', 'agent'));
  const identity = readIdentity(join(dataDir, 'agent.json'));
  const token = tokenIn(env);
  const setup = {
    identity,
    token,
    name,
    tags: given.tags,
    slots: given.slots,
    ca: given.ca,
    isService,
    isInstalled: isService || isBundle,
    isUninstall,
    dataDir,
    prefix: isService ? undefined : join(top, 'data', 'agent-program'),
  };
  if (isUninstall) {
    if (!setup.isInstalled)
      throw wrong(`Nothing is installed from a checkout without ${spelled('service')}: end the agent, and remove ${dataDir}.`);
    return { ...setup, serverUrl: identity?.serverUrl ?? 'http://127.0.0.1' };
  }
  if (identity === undefined && token === undefined)
    throw wrong(
      'This host has not joined yet: give a join token with --token. Make one on the server (npx muster join-token create).',
    );
  const authority = given.ca ?? storedAuthority(dataDir);
  if (authority !== undefined) trustAuthority(authority);
  return { ...setup, serverUrl: serverUrlOf(flags['server-url'], identity) };
}

/** What an installation before this one was told. */
function storedAuthority(dataDir: string): string | undefined {
  const file = join(dataDir, 'ca.pem');
  return existsSync(file) ? file : undefined;
}

function serverUrlOf(given: string | undefined, identity: Identity | undefined): string {
  const url = given ?? identity?.serverUrl;
  if (url === undefined) throw wrong(`Say which server with ${spelled('server-url')}, such as http://muster.example.org:8000.`);
  const parsed = httpUrl.schema.safeParse(url);
  if (parsed.success) return parsed.data;
  throw wrong(`${spelled('server-url')} must be ${httpUrl.allowed}, and not ${url}.`);
}

function tokenIn({ MUSTER_JOIN_TOKEN: text }: NodeJS.ProcessEnv): string | undefined {
  const token = text?.trim();
  if (token === undefined || token === '') return undefined;
  if (joinTokenPattern.test(token)) return token;
  throw new SetupStop(
    tokenCode,
    'This is not a join token: one looks like mjt_(letters).(digits). Copy it whole, or make one on the server (npx muster join-token create).',
  );
}

/** Where the installers put the data of the service. */
const serviceFolder = (): string =>
  process.platform === 'win32' ? join(process.env.ProgramData ?? 'C:\\ProgramData', 'Muster Agent') : '/var/lib/muster-agent';

const wrong = (sentence: string): SetupStop => new SetupStop(setupCodes.wrongOption, sentence);
