import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processesWith } from './processes.ts';

export type InstallerEnd = { readonly exitCode: number; readonly out: string; readonly err: string };

/** Where an installer puts things, without a service and without root. */
export type InstallPlace = {
  readonly prefix: string;
  readonly data: string;
  /** Runs the script as `curl … | sh -s -- OPTIONS` would. */
  run(script: string, ...options: readonly string[]): Promise<InstallerEnd>;
  settings(): Record<string, string>;
  agentId(): string;
  /** Ends the agent that was started there, if one runs. */
  end(): void;
};

export type Shell = { readonly name: string; readonly file: string; readonly args: readonly string[]; readonly path: string };

/** @param folder a temporary one of the test */
export function installPlace(folder: string, shell: Shell): InstallPlace {
  mkdirSync(folder, { recursive: true });
  const prefix = join(folder, 'program');
  const data = join(folder, 'data');
  return {
    prefix,
    data,
    run: (script, ...options) =>
      new Promise((done) => {
        const file = join(folder, 'install.sh');
        writeFileSync(file, script);
        const args = [...shell.args, file, '--no-service', '--prefix', prefix, '--data-dir', data, ...options];
        const env = { PATH: shell.path, HOME: folder, MUSTER_AGENT_DRAIN_SECONDS: '0' };
        execFile(shell.file, args, { cwd: '/', env }, (error, out, err) =>
          done({ exitCode: error === null ? 0 : Number(error.code ?? -1), out, err }),
        );
      }),
    settings: () => JSON.parse(readFileSync(join(data, 'settings.json'), 'utf8')) as Record<string, string>,
    agentId: () => (JSON.parse(readFileSync(join(data, 'agent.json'), 'utf8')) as { agentId: string }).agentId,
    end() {
      for (const pid of processesWith(`--dir ${data}`)) process.kill(pid, 'SIGKILL');
    },
  };
}
