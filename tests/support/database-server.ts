import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../agent/execution/find-program.ts';

/** A real database server of a test's own, with its data in a temporary folder. */
export type DatabaseServer = { readonly port: number; readonly socket: string; readonly password: string; stop(): Promise<void> };

const path = [process.env.PATH, '/usr/sbin', '/usr/local/sbin'].join(':');
const password = 'muster-test';
/** Servers of databases refuse to run as root. */
const nobody = process.geteuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** The folder with the programs of PostgreSQL, where Debian puts them or on the PATH. */
export const postgresPrograms = (): string | undefined => {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions.map((version) => join(debian, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  const onPath = findProgram(['initdb'], { PATH: path });
  return found ?? (onPath === undefined ? undefined : join(onPath, '..'));
};

/** The program of MariaDB, if all is there that makes a new database of its own (Debian: mariadb-server-core and mariadb-client-core). */
export const mariadbProgram = (): string | undefined =>
  [['mariadb-install-db'], ['my_print_defaults']].every((names) => findProgram(names, { PATH: path }) !== undefined)
    ? findProgram(['mariadbd'], { PATH: path })
    : undefined;

/** @param tls with this certificate and key, in PEM */
export async function startPostgres(tls?: { readonly cert: string; readonly key: string }): Promise<DatabaseServer> {
  const bin = postgresPrograms() ?? '';
  const folder = ownFolder('postgres');
  const passwordFile = ownFile(join(folder, 'password'), password);
  const data = join(folder, 'data');
  runOnce(folder, join(bin, 'initdb'), [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--no-sync',
    '-E',
    'UTF8',
    '--locale=C',
  ]);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'fsync=off', `unix_socket_directories=${folder}`];
  if (tls !== undefined) {
    const [cert, key] = [ownFile(join(folder, 'server.crt'), tls.cert), ownFile(join(folder, 'server.key'), tls.key)];
    settings.push('ssl=on', `ssl_cert_file=${cert}`, `ssl_key_file=${key}`);
  }
  const options = settings.flatMap((setting) => ['-c', setting]);
  const child = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...options], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: folder,
    ...nobody,
  });
  return running(child, { port, socket: folder, folder }, 'ready to accept connections', 'SIGINT');
}

export async function startMariadb(): Promise<DatabaseServer> {
  const file = mariadbProgram() ?? '';
  const folder = ownFolder('mariadb');
  const [data, socket] = [join(folder, 'data'), join(folder, 'socket')];
  const user = nobody.uid === undefined ? [] : ['--user=nobody'];
  runOnce(folder, findProgram(['mariadb-install-db'], { PATH: path }) ?? '', [
    '--no-defaults',
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    ...user,
  ]);
  const init = ownFile(
    join(folder, 'init.sql'),
    // one statement per line, or the server takes the first one only
    `CREATE DATABASE shop;\nCREATE USER tester@localhost IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO tester@localhost;\n`,
  );
  const port = await freePort();
  const options = ['--bind-address=127.0.0.1', `--port=${port}`, `--socket=${socket}`, `--init-file=${init}`, '--skip-log-bin'];
  const fast = ['--innodb-flush-log-at-trx-commit=0', '--innodb-buffer-pool-size=16M', `--pid-file=${join(folder, 'pid')}`];
  const child = spawn(file, ['--no-defaults', `--datadir=${data}`, ...options, ...fast, ...user], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: folder,
    ...nobody,
  });
  return running(child, { port, socket, folder }, 'ready for connections', 'SIGTERM');
}

type Place = { readonly port: number; readonly socket: string; readonly folder: string };

async function running(
  child: ChildProcess,
  { port, socket, folder }: Place,
  sign: string,
  end: NodeJS.Signals,
): Promise<DatabaseServer> {
  const gone = once(child, 'close');
  let said = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-20_000);
      if (said.includes(sign)) resolve();
    });
    void gone.then(() => reject(new Error(`The database server ended.\n${said}`)));
  });
  const stop = async (): Promise<void> => {
    child.kill(end);
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return { port, socket, password, stop };
}

function ownFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `muster-${name}-`));
  if (nobody.uid !== undefined) chownSync(folder, nobody.uid, nobody.gid);
  return folder;
}

function ownFile(file: string, text: string): string {
  writeFileSync(file, text);
  chmodSync(file, 0o600);
  if (nobody.uid !== undefined) chownSync(file, nobody.uid, nobody.gid);
  return file;
}

/** @param folder removed when it fails */
function runOnce(folder: string, file: string, args: readonly string[]): void {
  const { status, stderr, stdout, error } = spawnSync(file, args, { encoding: 'utf8', cwd: tmpdir(), ...nobody });
  if (status === 0) return;
  rmSync(folder, { recursive: true, force: true });
  throw new Error(`${file} ended with ${status}: ${error?.message ?? ''}\n${stdout}\n${stderr}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
