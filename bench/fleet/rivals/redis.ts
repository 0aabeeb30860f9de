import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../../../tests/support/eventually.ts';
import type { Cleanups } from '../../cleanups.ts';
import { findOrUnpack } from './installed.ts';

/** A Redis that keeps everything in memory, on a socket of its own: as fast as it gets. @returns the path of its socket */
export async function startRedis(folder: string, cleanups: Cleanups): Promise<{ readonly socket: string; end(): Promise<void> }> {
  const { file, env } = await findOrUnpack(join(folder, 'debian'), { program: 'redis-server', debianPackage: 'redis-server' });
  const socket = join(folder, 'redis.sock');
  const flags = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder, '--daemonize', 'no'];
  const server = spawn(file, flags, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const gone = once(server, 'close');
  gone.catch(() => undefined);
  const end = cleanups.add(async () => {
    server.kill('SIGKILL');
    await gone.catch(() => undefined);
  });
  await eventually('Redis answers', () => answers(socket), 10_000);
  return { socket, end };
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.on('error', () => resolve(false));
    connection.on('connect', () => {
      connection.destroy();
      resolve(true);
    });
  });
}
