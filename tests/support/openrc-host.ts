import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually } from './eventually.ts';
import { type SystemdHost, systemdImage, whyNoSystemdHost } from './systemd-host.ts';

/** A host that OpenRC runs, from the same image and in the same kind of container as those of systemd. */
export type OpenrcHost = Pick<SystemdHost, 'run' | 'close'>;

const project = resolve(import.meta.dirname, '../..');
const init = 'openrc-init';

/** @returns why no such host can be booted here; undefined if one can */
export function whyNoOpenrcHost(): string | undefined {
  const why = whyNoSystemdHost();
  if (why !== undefined) return why;
  return existsSync(join(systemdImage, 'sbin', init)) ? undefined : `there is no OpenRC in ${systemdImage}`;
}

/** @param tree a system that keeps what is done to it */
export async function bootOpenrcHost(tree: string): Promise<OpenrcHost> {
  const flags = ['--register=no', '--keep-unit', '--private-network', '--console=pipe', '-q', '--kill-signal=SIGKILL'];
  const machine = `--machine=muster-openrc-${process.pid}-${Date.now()}`;
  const container = spawn('systemd-nspawn', ['-D', tree, ...flags, machine, `--bind-ro=${project}:/muster`, `/sbin/${init}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  container.stderr.on('data', (data) => {
    complaints += String(data);
  });
  const ended = once(container, 'exit');
  const run: OpenrcHost['run'] = (file, ...args) =>
    new Promise((done) => {
      const inside = ['-t', String(initOf(container)), '-m', '-u', '-i', '-n', '-p', '--', file, ...args];
      execFile('nsenter', inside, { maxBuffer: 4 * 1024 * 1024 }, (error, stdout) =>
        done({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout }),
      );
    });
  async function close(): Promise<void> {
    const pid = initOf(container);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    else container.kill('SIGTERM');
    await ended;
  }
  try {
    await eventually('the container is there', () => container.exitCode !== null || initOf(container) !== undefined);
    if (container.exitCode !== null) throw new Error(`systemd-nspawn ended: ${complaints}`);
    // what is not started yet is told as such
    await eventually(
      'OpenRC is up',
      async () => {
        const { stdout } = await run('/bin/sh', '-c', 'rc-status --runlevel; rc-status default');
        return stdout.startsWith('default\n') && !/\bstarting\b|\[\s*stopped/.test(stdout);
      },
      30_000,
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { run, close };
}

/** The first process inside, as it is called outside. */
function initOf({ pid }: ChildProcess): number | undefined {
  try {
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
    return child > 0 && readFileSync(`/proc/${child}/comm`, 'utf8').trim() === init ? child : undefined;
  } catch {
    return undefined;
  }
}
