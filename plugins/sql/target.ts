import { isAbsolute } from 'node:path';

export type Engine = 'sqlite' | 'postgres' | 'mysql';
export type TlsMode = 'off' | 'encrypt' | 'verify';

export type TargetArgs = {
  readonly url?: string;
  readonly engine?: Engine | 'mariadb';
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly create?: boolean;
  readonly tls?: TlsMode;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly connectTimeoutSeconds?: number;
};

/** A file of SQLite, or a server. */
export type Target =
  | { readonly engine: 'sqlite'; readonly file: string; readonly create: boolean }
  | ({ readonly engine: 'postgres' | 'mysql' } & ServerTarget);

export type ServerTarget = {
  /** with a slash at its beginning: a socket in the file system */
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly verify: boolean } | undefined;
  readonly connectMs: number;
};

const ports = { postgres: 5432, mysql: 3306 } as const;
const names = { postgres: 'PostgreSQL', mysql: 'MySQL', sqlite: 'SQLite' } as const;
export const nameOf = (engine: Engine): string => names[engine];

/** What is to be connected to; what is given by itself wins over what is in the address. @throws Error, naming the argument */
export function targetOf(given: TargetArgs): Target {
  const args = { ...(given.url === undefined ? {} : partsOf(given.url)), ...given };
  if (args.engine === undefined) throw new Error('Say which database: give `url`, or `engine` with `database`.');
  if (args.engine === 'sqlite') return fileTarget(args);
  const engine = args.engine === 'mariadb' ? 'mysql' : args.engine;
  if (args.create !== undefined) throw new Error('`create` is for the files of SQLite.');
  return {
    engine,
    host: args.host ?? '127.0.0.1',
    port: args.port ?? ports[engine],
    user: args.user,
    password: args.password,
    database: args.database,
    tls: tlsOf(args),
    connectMs: (args.connectTimeoutSeconds ?? 10) * 1000,
  };
}

/** For people: never with the password. */
export function shownTarget(target: Target): string {
  if (target.engine === 'sqlite') return target.file === memory ? 'SQLite in memory' : target.file;
  const place = target.host.startsWith('/') ? target.host : `${target.host}:${target.port}`;
  return `${nameOf(target.engine)} ${target.database === undefined ? '' : `${target.database} `}at ${place}`;
}

const memory = ':memory:';

function fileTarget({ database, create = false, ...others }: TargetArgs): Target {
  for (const name of ['host', 'port', 'user', 'password', 'tls', 'ca', 'cert', 'key'] as const)
    if (others[name] !== undefined) throw new Error(`\`${name}\` is not for SQLite: its database is a file.`);
  if (database === undefined || database === '') throw new Error('Give the file in `database`.');
  if (database !== memory && !isAbsolute(database))
    throw new Error(`Give a full path in \`database\`: ${database} is a relative one.`);
  return { engine: 'sqlite', file: database, create: create || database === memory };
}

function tlsOf({ tls, ca, cert, key }: TargetArgs): ServerTarget['tls'] {
  if ((cert === undefined) !== (key === undefined)) throw new Error('Give `cert` and `key` together.');
  const mode = tls ?? (ca === undefined && cert === undefined ? 'off' : 'verify');
  if (mode === 'off') {
    if (ca !== undefined || cert !== undefined) throw new Error('`ca`, `cert` and `key` have no use with `tls` off.');
    return undefined;
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    verify: mode === 'verify',
  };
}

const engines: Readonly<Record<string, Engine>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
  'sqlite:': 'sqlite',
  'file:': 'sqlite',
};
const tlsModes: Readonly<Record<string, TlsMode>> = {
  disable: 'off',
  require: 'encrypt',
  'verify-ca': 'verify',
  'verify-full': 'verify',
};

function partsOf(text: string): TargetArgs {
  // an address that is wrong may still hold a password: it is not repeated
  const plain = /^(sqlite|file):(\/\/)?(.*)$/s.exec(text);
  if (plain !== null) return { engine: 'sqlite', database: decodeURIComponent(plain[3] ?? '') };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const engine = engines[url?.protocol ?? ''];
  if (url === undefined || engine === undefined)
    throw new Error(
      '`url` is not understood: it is like postgres://user@host/database, mysql://…, mariadb://… or sqlite:/full/path.',
    );
  const [sslmode, ...others] = [
    url.searchParams.get('sslmode'),
    ...[...url.searchParams.keys()].filter((one) => one !== 'sslmode'),
  ];
  if (others.length > 0) throw new Error(`\`url\` has ${others.join(', ')} after the ?: only sslmode is possible there.`);
  const tls = sslmode === null || sslmode === undefined ? undefined : tlsModes[sslmode];
  if (typeof sslmode === 'string' && tls === undefined)
    throw new Error(`sslmode in \`url\` is one of ${Object.keys(tlsModes).join(', ')}.`);
  const database = decodeURIComponent(url.pathname.slice(1));
  return {
    engine,
    ...(url.hostname === '' ? {} : { host: decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1') }),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(database === '' ? {} : { database }),
    ...(tls === undefined ? {} : { tls }),
  };
}
