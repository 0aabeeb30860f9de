import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MusterError } from '../../shared/errors.ts';
import type { Output } from '../surroundings.ts';

/** A program that fetches what a plugin declares, into the plugin's own folder. */
export type Install = { readonly declared: 'package.json' | 'requirements.txt'; run(): Promise<void> };

/**
 * What is to be fetched for the plugin in a folder. `requirements.txt` goes into `vendor`, which is made anew as a whole, so that nothing
 * of an earlier version stays; `package.json` into `node_modules`.
 */
export function installsFor(folder: string, env: NodeJS.ProcessEnv, output: Pick<Output, 'write'>): Install[] {
  const say = (text: string): unknown => output.write(text);
  const run = (file: string, args: readonly string[]): Promise<number | null> => runProgram(file, args, folder, env, say);
  const installs: Install[] = [
    { declared: 'package.json', run: () => installPackages(run) },
    { declared: 'requirements.txt', run: () => fillVendor(folder, run) },
  ];
  return installs.filter(({ declared }) => existsSync(join(folder, declared)));
}

type Run = (file: string, args: readonly string[]) => Promise<number | null>;

async function installPackages(run: Run): Promise<void> {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const code = await run(npm, ['install', '--omit=dev', '--no-audit', '--no-fund', '--ignore-scripts']);
  if (code !== 0) throw failed(code === null ? 'npm was not found on this host.' : `npm ended with exit code ${code}.`);
}

/** Without compiled files and in a folder of its own until it is complete. */
async function fillVendor(folder: string, run: Run): Promise<void> {
  const fresh = mkdtempSync(join(folder, '.vendor-'));
  try {
    const args = [
      '-m',
      'pip',
      'install',
      '--target',
      fresh,
      '-r',
      'requirements.txt',
      '--no-compile',
      '--disable-pip-version-check',
    ];
    let code: number | null = null;
    for (const python of ['python3', 'python']) {
      code = await run(python, args);
      if (code !== null) break;
    }
    if (code !== 0)
      throw failed(
        code === null ? 'Python 3 was not found on this host.' : `pip ended with exit code ${code}; it says why above.`,
      );
    rmSync(join(folder, 'vendor'), { recursive: true, force: true });
    chmodSync(fresh, 0o755);
    renameSync(fresh, join(folder, 'vendor'));
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** @returns its exit code, or null if there is no such program */
async function runProgram(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  say: (text: string) => unknown,
): Promise<number | null> {
  const isScript = file.endsWith('.cmd');
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], shell: isScript });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', say);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code ?? 1;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const failed = (why: string): MusterError =>
  new MusterError('plugin_invalid', `What the plugin depends on could not be fetched: ${why}`);
