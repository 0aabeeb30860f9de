import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openUpdateRecord, type UpdateRecord } from '../../agent/update/update-record.ts';
import { installerTemplate } from '../../server/features/releases/installers.ts';
import { eventually } from './eventually.ts';
import type { Shell } from './installer.ts';

/** The text of `start-agent`, as the installer writes it. */
export async function starterScript(bin: string, data: string): Promise<string> {
  const installer = await installerTemplate('sh');
  const script = /<<'STARTER'\n(.*?)^STARTER$/ms.exec(installer)?.[1];
  if (script === undefined) throw new Error('The installer holds no starter.');
  return script.replace('@BIN@', bin).replace('@DATA@', data);
}

export type AgentStart = { readonly name: string; readonly pid: number; readonly parent: number; readonly starter: number };

/** A host with the starter on it, and scripts that stand in for versions of the agent. */
export type StarterHost = {
  readonly bin: string;
  readonly data: string;
  /** Puts a version there. What its script does after it has told of its start. */
  version(name: string, script: string): void;
  point(name: string): void;
  current(): string;
  readonly record: ReturnType<typeof openUpdateRecord>;
  /** the next one is pointed at already */
  switching(seconds?: number): void;
  start(...options: string[]): ChildProcess;
  startWith(env: Readonly<Record<string, string>>): ChildProcess;
  /** in the order of their starts */
  starts(): AgentStart[];
  nextStart(count: number): Promise<AgentStart>;
  state(): UpdateRecord | undefined;
  /** Ends all that was started there. */
  end(): Promise<void>;
  close(): Promise<void>;
};

export const before = 'muster-agent-1.0.0-aaaaaaaaaaaa';
export const next = 'muster-agent-2.0.0-bbbbbbbbbbbb';
const goesOn = 'while :; do sleep 1 & wait $!; done';
export const runs = `trap 'exit 0' TERM\n${goesOn}`;
export const deaf = `trap '' TERM\n${goesOn}`;
export const healthy = `printf 'update upd_1\\nstate healthy\\nmessage ok\\n' >"$2/update/state.new"; mv "$2/update/state.new" "$2/update/state"\n${runs}`;

export async function makeStarterHost(folder: string, shell: Shell): Promise<StarterHost> {
  const bin = join(folder, 'bin');
  const data = join(folder, 'data');
  const log = join(folder, 'starts');
  for (const each of [bin, data]) mkdirSync(each, { recursive: true });
  const starter = join(bin, 'start-agent');
  writeFileSync(starter, await starterScript(bin, data));
  const children: ChildProcess[] = [];
  const record = openUpdateRecord(join(data, 'update'));
  const spawned = (options: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess => {
    const child = spawn(shell.file, [...shell.args, starter, ...options], { env: { PATH: shell.path, ...env }, stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const host: StarterHost = {
    bin,
    data,
    record,
    version(name, script) {
      const file = join(bin, name);
      const tell = `read -r _ _ _ parent _ <"/proc/$$/stat"\necho ${name} $$ "$parent" "$MUSTER_AGENT_STARTER_PID" >>${log}\nshift`;
      writeFileSync(file, `#!${shell.file}\n${tell}\n${script}\n`);
      chmodSync(file, 0o755);
    },
    point(name) {
      rmSync(join(bin, 'muster-agent'), { force: true });
      symlinkSync(name, join(bin, 'muster-agent'));
    },
    current: () => readlinkSync(join(bin, 'muster-agent')),
    switching(seconds = 60) {
      const versions = { nextVersion: '2.0.0', beforeVersion: '1.0.0' };
      record.begin({ update: 'upd_1', state: 'switching', next, before, seconds, ...versions });
      host.point(next);
    },
    start: (...options) => spawned(options),
    startWith: (env) => spawned([], env),
    starts: () =>
      (existsSync(log) ? readFileSync(log, 'utf8') : '')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [name = '', pid, parent, by] = line.split(' ');
          return { name, pid: Number(pid), parent: Number(parent), starter: Number(by) };
        }),
    async nextStart(count) {
      await eventually(`start ${count}`, () => host.starts().length >= count, 20_000);
      return host.starts()[count - 1] as AgentStart;
    },
    state: record.read,
    async end() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      for (const { pid, name } of host.starts()) if (isOf(pid, name, bin)) process.kill(pid, 'SIGKILL');
    },
    async close() {
      await host.end();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  host.version(before, runs);
  host.point(before);
  return host;
}

/** A pid may be another program's by now. */
function isOf(pid: number, name: string, bin: string): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.includes(join(bin, name)) || command.includes(join(bin, 'muster-agent'));
  } catch {
    return false;
  }
}

export const childrenOf = (pid: number): string => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
export const filesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);
