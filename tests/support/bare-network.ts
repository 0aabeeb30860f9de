import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';

/** A network of its own that has nothing but loopback: no way out, and no name that can be looked up. */
export type BareNetwork = {
  /** Runs a program in it, with this environment and no other. */
  run(
    file: string,
    ...args: readonly string[]
  ): Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }>;
  /** Starts one in it, which the caller ends. */
  start(file: string, ...args: readonly string[]): ChildProcess;
  close(): void;
};

/** @returns why no such network can be made here; undefined if one can */
export function whyNoBareNetwork(): string | undefined {
  if (process.platform !== 'linux') return 'it takes Linux';
  if (process.geteuid?.() !== 0) return 'it takes root';
  if (spawnSync('ip', ['-V']).error !== undefined) return 'there is no program `ip`';
  return spawnSync('unshare', ['--net', '--mount', 'true']).status === 0 ? undefined : 'this root may make no namespaces';
}

/** @param env of everything that runs in it */
export function makeBareNetwork(env: Readonly<Record<string, string>>, cwd: string): BareNetwork {
  const name = `muster-${process.pid}-${Date.now() % 1_000_000}`;
  execFileSync('ip', ['netns', 'add', name]);
  execFileSync('ip', ['netns', 'exec', name, 'ip', 'link', 'set', 'lo', 'up']);
  const command = (file: string, args: readonly string[]): [string, string[]] => [
    'ip',
    ['netns', 'exec', name, 'env', '-i', ...Object.entries(env).map(([key, value]) => `${key}=${value}`), file, ...args],
  ];
  return {
    run: (file, ...args) =>
      new Promise((done) => {
        execFile(...command(file, args), { cwd }, (error, out, err) =>
          done({ exitCode: error === null ? 0 : Number(error.code ?? -1), out, err }),
        );
      }),
    start: (file, ...args) => spawn(...command(file, args), { cwd, stdio: ['ignore', 'pipe', 'pipe'] }),
    close: () => void execFileSync('ip', ['netns', 'del', name]),
  };
}
