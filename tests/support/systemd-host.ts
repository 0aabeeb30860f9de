import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from './eventually.ts';

/** A host that a real systemd runs, booted in a container of its own without a network. The tree of the project is at `/muster` there. */
export type SystemdHost = {
  /** Runs a program on it. Its exit code is for the caller to judge. */
  run(file: string, ...args: string[]): Promise<{ readonly exitCode: number; readonly stdout: string }>;
  /** Writes a unit, and lets systemd know of it. */
  unit(name: string, text: string): Promise<void>;
  close(): Promise<void>;
};

/** A folder with a Debian in it; `.ci/run` makes one. */
export const systemdImage: string = process.env.MUSTER_SYSTEMD_ROOT ?? join(tmpdir(), 'muster-systemd-root');
const project = resolve(import.meta.dirname, '../..');
export const nodeOnHost = '/muster/node_modules/.bin/node';

/** @returns why no such host can be booted here; undefined if one can */
export function whyNoSystemdHost(): string | undefined {
  if (process.platform !== 'linux') return 'it takes Linux';
  if (process.geteuid?.() !== 0) return 'it takes root';
  if (!existsSync('/usr/bin/systemd-nspawn')) return 'there is no systemd-nspawn';
  if (spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status !== 0) return 'this root may make no namespaces';
  return existsSync(join(systemdImage, 'usr/lib/systemd/systemd')) ? undefined : `there is no system to boot in ${systemdImage}`;
}

/** @param tree a system that keeps what is done to it; default: the image, which forgets it at the end */
export async function bootSystemdHost(tree?: string): Promise<SystemdHost> {
  const machine = `muster-${process.pid}-${Date.now()}`;
  const flags = [
    ...(tree === undefined ? ['--volatile=overlay'] : []),
    '--register=no',
    '--keep-unit',
    '--private-network',
    '--console=pipe',
    '-q',
  ];
  const container = spawn(
    'systemd-nspawn',
    ['-b', '-D', tree ?? systemdImage, ...flags, `--machine=${machine}`, `--bind-ro=${project}:/muster`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let complaints = '';
  container.stderr.on('data', (data) => {
    complaints += String(data);
  });
  const ended = once(container, 'exit');
  const run: SystemdHost['run'] = (file, ...args) =>
    new Promise((done) => {
      const inside = ['-t', String(initOf(container)), '-m', '-u', '-i', '-n', '-p', '--', file, ...args];
      execFile('nsenter', inside, { maxBuffer: 4 * 1024 * 1024 }, (error, stdout) =>
        done({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout }),
      );
    });
  try {
    await eventually('the container is there', () => container.exitCode !== null || initOf(container) !== undefined);
    if (container.exitCode !== null) throw new Error(`systemd-nspawn ended: ${complaints}`);
    await eventually('systemd is up', async () => /running|degraded/.test((await run('systemctl', 'is-system-running')).stdout));
  } catch (error) {
    await end();
    throw error;
  }
  return {
    run,
    async unit(name, text) {
      const { exitCode } = await run('/bin/sh', '-c', 'printf %s "$2" > "/etc/systemd/system/$1"', 'sh', name, text);
      if (exitCode !== 0) throw new Error(`The unit ${name} could not be written.`);
      await run('systemctl', 'daemon-reload');
    },
    close: end,
  };

  /** Without its systemd a container is over, and systemd-nspawn cleans up; without systemd-nspawn it would go on. */
  async function end(): Promise<void> {
    const init = initOf(container);
    if (init !== undefined) process.kill(init, 'SIGKILL');
    else container.kill('SIGTERM');
    await ended;
  }
}

/** The systemd inside, as it is called outside. */
function initOf({ pid }: ChildProcess): number | undefined {
  try {
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
    return child > 0 && readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'systemd' ? child : undefined;
  } catch {
    return undefined;
  }
}
