import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Agent } from '../shared/api/agents.ts';
import { eventually } from './support/eventually.ts';
import { type LastingTree, makeLastingTree } from './support/lasting-tree.ts';
import { bootOpenrcHost, type OpenrcHost, whyNoOpenrcHost } from './support/openrc-host.ts';
import { agentFromSource, writeStandInRelease } from './support/stand-in-release.ts';
import { nodeOnHost } from './support/systemd-host.ts';

const why = whyNoOpenrcHost();
if (why !== undefined) console.warn(`NOT TESTED: the installer under OpenRC, because ${why}.`);

const server = 'http://127.0.0.1:8000';
/** as whoever has a server on such a host would write it */
const serverScript = `#!/sbin/openrc-run
supervisor=supervise-daemon
command=${nodeOnHost}
command_args="--disable-warning=ExperimentalWarning /muster/bin/muster-server.js"
export MUSTER_DATA_DIR=/srv/server MUSTER_PLUGINS_DIR=/muster/plugins MUSTER_AGENTS_DIR=/srv/agents
`;

/** Where the installer puts things. */
const places = [
  '/opt/muster-agent',
  '/var/lib/muster-agent',
  '/etc/init.d/muster-agent',
  '/etc/runlevels/default/muster-agent',
  '/usr/local/bin/muster-agent',
];
const agentPids = "grep -las 'dir./var/lib/muster-agen[t]' /proc/[0-9]*/cmdline | cut -d / -f 3";

(why === undefined ? describe : describe.skip)('a host with OpenRC', () => {
  let tree: LastingTree;
  let host: OpenrcHost;
  let id: string;

  /** as a person would type it there */
  const shell = async (line: string) => host.run('/bin/sh', '-c', `exec 2>&1; ${line}`);
  const inTree = (path: string): string => join(tree.root, path);

  async function muster<T>(command: string, ...words: string[]): Promise<T> {
    const token = readFileSync(inTree('/srv/server/admin.token'), 'utf8').trim();
    const line = `MUSTER_TOKEN=${token} exec ${nodeOnHost} /muster/bin/muster.js "$@"`;
    const { stdout } = await host.run('/bin/sh', '-c', line, 'sh', command, '--json', ...words);
    return JSON.parse(stdout) as T;
  }
  const agents = async (): Promise<readonly Agent[]> => (await muster<{ items: Agent[] }>('agents')).items;
  const online = (): Promise<void> =>
    eventually(
      'the host is Online',
      async () => (await agents()).some(({ status, connected }) => status === 'Online' && connected),
      30_000,
    );

  async function boot(): Promise<void> {
    host = await bootOpenrcHost(tree.root);
    await eventually('the server is up', async () => (await shell(`curl -fsS ${server}/readyz`)).exitCode === 0, 30_000);
  }

  async function run(plugin: string, script: string): Promise<string> {
    const { run } = await muster<{ run: { state: string } }>('run', '--on', 'ALL', '--plugin', plugin, '--', script);
    return run.state;
  }

  /** an executable that stands in, in a version of its own */
  function publish(version: string, script = agentFromSource('/muster')): void {
    writeStandInRelease(inTree('/srv/agents'), { version, script });
  }

  beforeAll(async () => {
    tree = makeLastingTree();
    // what a host needs to be set up by a line with curl, and a bare system does not have
    if (!existsSync(inTree('/usr/bin/curl'))) copyFileSync('/usr/bin/curl', inTree('/usr/bin/curl'));
    mkdirSync(inTree('/srv/agents'), { recursive: true });
    publish('0.8.0');
    writeFileSync(inTree('/etc/init.d/muster-server'), serverScript, { mode: 0o755 });
    symlinkSync('/etc/init.d/muster-server', inTree('/etc/runlevels/default/muster-server'));
    await boot();
  }, 120_000);
  afterAll(async () => {
    await host?.close();
    tree?.close();
  });

  it('is joined by the line that the server prints, as a service of the default runlevel', async () => {
    const { command } = await muster<{ command: string }>('join-token', 'create');
    const { exitCode, stdout } = await shell(command.replace('sudo ', ''));
    expect(stdout).toMatch(/ is Online at http:\/\/127\.0\.0\.1:8000 \(agent /);
    expect(stdout).not.toContain('in the background and not as a service');
    expect(exitCode).toBe(0);
    const [agent] = await agents();
    expect(agent).toMatchObject({ status: 'Online', connected: true });
    id = agent?.id ?? '';
    expect((await shell('rc-service muster-agent status')).stdout).toContain('started');
    expect((await shell('rc-update show default')).stdout).toMatch(/muster-agent/);
    expect((await shell('stat -c "%a %U" /var/lib/muster-agent /var/lib/muster-agent/settings.json')).stdout).toBe(
      '700 root\n600 root\n',
    );
    expect(readFileSync(inTree('/var/lib/muster-agent/settings.json'), 'utf8')).not.toContain('mjt_');
  }, 120_000);

  it('runs bash, python and node', async () => {
    expect(await run('bash', 'echo from bash')).toBe('succeeded');
    expect(await run('python', 'print("from python")')).toBe('succeeded');
    expect(await run('node', 'console.log("from node")')).toBe('succeeded');
  }, 60_000);

  it('is back after its agent was killed', async () => {
    const before = (await shell(agentPids)).stdout.trim().split('\n');
    await shell(`kill -9 ${before.join(' ')}`);
    await eventually(
      'another process',
      async () => {
        const now = (await shell(agentPids)).stdout.trim().split('\n').filter(Boolean);
        return now.length > 0 && !now.some((pid) => before.includes(pid));
      },
      30_000,
    );
    await online();
    expect(await run('bash', 'true')).toBe('succeeded');
  }, 60_000);

  it('is back after a restart of the host', async () => {
    await host.close();
    await boot();
    await online();
    expect((await agents()).map((agent) => agent.id)).toEqual([id]);
  }, 120_000);

  it('keeps who it is when it is brought up to date', async () => {
    publish('0.9.0');
    const { exitCode, stdout } = await shell(`curl -fsSL ${server}/install.sh | sh`);
    expect(stdout).toContain('is Online');
    expect(exitCode).toBe(0);
    expect((await agents()).map((agent) => agent.id)).toEqual([id]);
    expect((await shell('readlink /opt/muster-agent/bin/muster-agent')).stdout).toMatch(/^muster-agent-0\.9\.0-/);
    expect((await shell(agentPids)).stdout.trim().split('\n')).toHaveLength(1);
  }, 60_000);

  it('goes back by itself from a version that is broken', async () => {
    publish('0.9.1', `case $1 in run) exit 3 ;; esac\n${agentFromSource('/muster')}`);
    const { exitCode, stdout } = await shell(`curl -fsSL ${server}/install.sh | sh -s -- --wait 5`);
    expect(stdout).toContain('The agent 0.9.1 did not get Online in 5 s');
    expect(stdout).toContain('The one before it is running again.');
    expect(exitCode).toBe(10);
    await online();
    expect((await shell('readlink /opt/muster-agent/bin/muster-agent')).stdout).toMatch(/^muster-agent-0\.9\.0-/);
  }, 90_000);

  it('is left without a trace', async () => {
    const { exitCode, stdout } = await shell(`curl -fsSL ${server}/install.sh | sh -s -- --uninstall`);
    expect(stdout).toContain('The agent is removed from this host.');
    expect(exitCode).toBe(0);
    expect((await shell(`for each in ${places.join(' ')}; do ! test -e $each || echo $each; done`)).stdout).toBe('');
    expect((await shell('rc-service --exists muster-agent')).exitCode).not.toBe(0);
    expect((await shell(agentPids)).stdout).toBe('');
  }, 60_000);

  it('runs as an account of its own where that is asked for, which goes with it', async () => {
    publish('0.9.0');
    const { command } = await muster<{ command: string }>('join-token', 'create');
    const { exitCode, stdout } = await shell(`${command.replace('sudo ', '')} --name second --user muster`);
    expect(stdout).toContain('second is Online');
    expect(exitCode).toBe(0);
    const owner = async () => (await shell(`stat -c %U $(${agentPids} | sed 's|^|/proc/|')`)).stdout;
    expect(await owner()).toBe('muster\n');
    expect((await shell('stat -c %U /var/lib/muster-agent')).stdout).toBe('muster\n');
    // an upgrade keeps the account
    publish('0.9.2');
    expect((await shell(`curl -fsSL ${server}/install.sh | sh`)).exitCode).toBe(0);
    expect(await owner()).toBe('muster\n');
    expect((await shell(`curl -fsSL ${server}/install.sh | sh -s -- --uninstall`)).exitCode).toBe(0);
    expect((await shell('id muster')).exitCode).not.toBe(0);
  }, 90_000);
});
