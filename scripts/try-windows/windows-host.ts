import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../tests/support/eventually.ts';
import { prefixInTree, wineEnvironment } from './windows-tree.ts';

/**
 * A Windows of Wine's. Everything of it runs in namespaces of its own for processes and mounts, whose first process is Wine's server: with that
 * one everything ends, as a host whose power is cut, and nothing stays mounted. What is written stays on its disk until `close`.
 */
export type WindowsHost = {
  /** `C:\…` as a path of this machine, while it is up */
  onDisk(windowsPath: string): string;
  /** Starts a program, with its outputs in a file: under Wine they cannot be pipes of this machine. */
  start(command: WindowsCommand): WindowsProgram;
  /** Runs a program to its end. */
  run(command: Omit<WindowsCommand, 'output'>): Promise<{ readonly exitCode: number; readonly output: string }>;
  boot(): Promise<void>;
  /** Without a word to anybody. */
  cutPower(): Promise<void>;
  close(): Promise<void>;
};

export type WindowsCommand = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** path of this machine; it is appended to */
  readonly output: string;
};
export type WindowsProgram = { readonly exited: Promise<number> };

/** In a mount namespace of its own: a disk of the tree with what is written on top, and the server that stays until it is killed. */
const bootScript = `
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$2/root"
mount -t proc proc "$2/root/proc"
mount -t tmpfs tmpfs "$2/root/tmp"
dir=$2/root
shift 2
exec chroot "$dir" env -i "$@" wineserver --foreground --persistent
`;

export async function makeWindowsHost(tree: string, files: Readonly<Record<string, string>>): Promise<WindowsHost> {
  // on the disk of the tree, because not every temporary folder can be the upper half of an overlay
  const folder = await mkdtemp(`${tree}.host-`);
  for (const name of ['upper', 'work', 'root', 'outputs']) mkdirSync(join(folder, name));
  const within = (root: string, path: string): string =>
    join(root, prefixInTree, 'drive_c', path.replace(/^C:\\/, '').replaceAll('\\', '/'));
  for (const [to, from] of Object.entries(files)) {
    const place = within(join(folder, 'upper'), to);
    mkdirSync(join(place, '..'), { recursive: true });
    copyFileSync(from, place);
  }
  const variables = Object.entries(wineEnvironment).map(([name, value]) => `${name}=${value}`);
  let space: ChildProcess | undefined;
  let outputs = 0;

  const init = (): number | undefined => (space?.pid === undefined ? undefined : firstChildOf(space.pid));

  const start: WindowsHost['start'] = ({ file, args, env = {}, output }) => {
    const inside = ['--target', String(init()), '--mount', '--pid', '--root', '--wd', '--', 'env', '-i', ...variables];
    const own = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const fd = openSync(output, 'a');
    const child = spawn('nsenter', [...inside, ...own, 'wine', file, ...args], { stdio: ['ignore', fd, fd] });
    closeSync(fd);
    return { exited: once(child, 'exit').then(([code]) => Number(code ?? -1)) };
  };

  const run: WindowsHost['run'] = async (command) => {
    outputs += 1;
    const output = join(folder, 'outputs', String(outputs));
    const exitCode = await start({ ...command, output }).exited;
    return { exitCode, output: readFileSync(output, 'utf8').replaceAll('\r\n', '\n') };
  };

  async function cutPower(): Promise<void> {
    const ended = space === undefined || space.exitCode !== null || space.signalCode !== null ? undefined : once(space, 'exit');
    space?.kill('SIGKILL'); // and with it, by --kill-child, the first process inside, and with that one all others
    await ended;
    space = undefined;
  }

  async function close(): Promise<void> {
    await cutPower();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async function boot(): Promise<void> {
    // should this process be killed, too, nothing is left
    const spaces = ['--pdeathsig', 'KILL', '--', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--'];
    space = spawn('setpriv', [...spaces, 'sh', '-eu', '-c', bootScript, 'sh', tree, folder, ...variables], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await eventually('Wine is up', () => {
      if (space?.exitCode !== null) throw new Error('Wine did not start.');
      const pid = init();
      return pid !== undefined && nameOf(pid).startsWith('wineserver');
    });
    const { output } = await run({ file: 'cmd.exe', args: ['/c', 'ver'] });
    if (!output.includes('Windows')) throw new Error(`Wine does not work here: ${output}`);
  }

  try {
    await boot();
  } catch (error) {
    await close();
    throw error;
  }
  // as the processes there see it: beneath, nothing may be changed while it is mounted
  const onDisk = (path: string): string => within(`/proc/${init()}/root`, path);
  return { onDisk, start, run, boot, cutPower, close };
}

function firstChildOf(pid: number): number | undefined {
  try {
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
    return child > 0 ? child : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch {
    return '';
  }
}
