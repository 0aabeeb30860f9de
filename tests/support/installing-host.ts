import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent } from '../../shared/api/agents.ts';
import { eventually } from './eventually.ts';
import { makeLastingTree } from './lasting-tree.ts';
import { bootOpenrcHost } from './openrc-host.ts';
import { agentFromSource, writeStandInRelease } from './stand-in-release.ts';
import { bootSystemdHost, nodeOnHost, type SystemdHost } from './systemd-host.ts';

/** What starts the services of a host. */
export type InitSystem = {
  boot(tree: string): Promise<Pick<SystemdHost, 'run' | 'close'>>;
  /** Adds a server as whoever has one on such a host would write it. */
  addServer(tree: string): void;
};

/** A host with a server of its own, on which the installer of the agent is tried. What is done to it stays when it is booted again. */
export type InstallingHost = {
  /** where a file of it lies outside */
  inTree(path: string): string;
  /** Adds an executable that stands in, in a version of its own, to what the server hands out. */
  publish(version: string, script?: string): void;
  /** Returns when its server answers; a host that is up is shut down before. */
  boot(): Promise<void>;
  /** as a person would type it there; its output holds the error output, too */
  shell(line: string): Promise<{ readonly exitCode: number; readonly stdout: string }>;
  /** a command of `muster` with `--json` */
  muster<T>(command: string, ...words: readonly string[]): Promise<T>;
  agents(): Promise<readonly Agent[]>;
  /** Waits until its agent is Online. */
  online(): Promise<void>;
  /** @returns the state in which the run of the script ended */
  run(plugin: string, script: string): Promise<string>;
  close(): Promise<void>;
};

/** of the host, on the host */
export const serverOnHost = 'http://127.0.0.1:8000';
const patienceMs = 30_000;
const program = `${nodeOnHost} --disable-warning=ExperimentalWarning /muster/bin/muster-server.js`;
const environment = 'MUSTER_DATA_DIR=/srv/server MUSTER_PLUGINS_DIR=/muster/plugins MUSTER_AGENTS_DIR=/srv/agents';

export const systemd: InitSystem = {
  boot: bootSystemdHost,
  addServer(tree) {
    const service = `[Service]\nExecStart=${program}\nEnvironment=${environment}\n`;
    writeFileSync(join(tree, 'etc/systemd/system/muster-server.service'), `${service}[Install]\nWantedBy=multi-user.target\n`);
    execFileSync('systemctl', ['--root', tree, 'enable', '--quiet', 'muster-server.service']);
  },
};

export const openrc: InitSystem = {
  boot: bootOpenrcHost,
  addServer(tree) {
    const [command, ...args] = program.split(' ');
    const script = `#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=${command}\ncommand_args="${args.join(' ')}"\n`;
    writeFileSync(join(tree, 'etc/init.d/muster-server'), `${script}export ${environment}\n`, { mode: 0o755 });
    symlinkSync('/etc/init.d/muster-server', join(tree, 'etc/runlevels/default/muster-server'));
  },
};

export function makeInstallingHost({ boot, addServer }: InitSystem): InstallingHost {
  const tree = makeLastingTree();
  let up: Awaited<ReturnType<InitSystem['boot']>> | undefined;
  const inTree = (path: string): string => join(tree.root, path);

  const execute: SystemdHost['run'] = (file, ...args) => {
    if (up === undefined) throw new Error('The host is not up.');
    return up.run(file, ...args);
  };
  const shell = (line: string) => execute('/bin/sh', '-c', `exec 2>&1; ${line}`);

  async function muster<T>(command: string, ...words: readonly string[]): Promise<T> {
    const token = readFileSync(inTree('/srv/server/admin.token'), 'utf8').trim();
    const line = `MUSTER_TOKEN=${token} exec ${nodeOnHost} /muster/bin/muster.js "$@"`;
    const { stdout } = await execute('/bin/sh', '-c', line, 'sh', command, '--json', ...words);
    return JSON.parse(stdout) as T;
  }
  const agents = async (): Promise<readonly Agent[]> => (await muster<{ items: Agent[] }>('agents')).items;

  async function halt(): Promise<void> {
    await up?.close();
    up = undefined;
  }

  try {
    // what a host needs to be set up by a line with curl, and a bare system does not have
    if (!existsSync(inTree('/usr/bin/curl'))) copyFileSync('/usr/bin/curl', inTree('/usr/bin/curl'));
    mkdirSync(inTree('/srv/agents'), { recursive: true });
    addServer(tree.root);
  } catch (error) {
    tree.close();
    throw error;
  }
  return {
    inTree,
    publish(version, script = agentFromSource('/muster')) {
      writeStandInRelease(inTree('/srv/agents'), { version, script });
    },
    async boot() {
      await halt();
      up = await boot(tree.root);
      await eventually(
        'the server is up',
        async () => (await shell(`curl -fsS ${serverOnHost}/readyz`)).exitCode === 0,
        patienceMs,
      );
    },
    shell,
    muster,
    agents,
    online: () =>
      eventually(
        'the host is Online',
        async () => (await agents()).some(({ status, connected }) => status === 'Online' && connected),
        patienceMs,
      ),
    async run(plugin, script) {
      const { run } = await muster<{ run: { state: string } }>('run', '--on', 'ALL', '--plugin', plugin, '--', script);
      return run.state;
    },
    async close() {
      await halt();
      tree.close();
    },
  };
}
