import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Agent } from '../shared/api/agents.ts';
import { eventually } from './support/eventually.ts';
import { type LastingTree, makeLastingTree } from './support/lasting-tree.ts';
import { agentFromSource, writeStandInRelease } from './support/stand-in-release.ts';
import { bootSystemdHost, nodeOnHost, type SystemdHost, whyNoSystemdHost } from './support/systemd-host.ts';

const why = whyNoSystemdHost();
if (why !== undefined) console.warn(`NOT TESTED: the installer under a real systemd, because ${why}.`);

const built = resolve(import.meta.dirname, '../dist/agents');
const isBuilt = existsSync(join(built, 'release.json'));
if (why === undefined && !isBuilt)
  console.warn(
    'NOT TESTED: the executable itself under systemd, because `npm run build:agent` was not run; its source stands in.',
  );

const server = 'http://127.0.0.1:8000';
const serverUnit = `[Service]
ExecStart=${nodeOnHost} --disable-warning=ExperimentalWarning /muster/bin/muster-server.js
Environment=MUSTER_DATA_DIR=/srv/server MUSTER_PLUGINS_DIR=/muster/plugins MUSTER_AGENTS_DIR=/srv/agents
[Install]
WantedBy=multi-user.target
`;

/** Where the installer puts things. */
const places = [
  '/opt/muster-agent',
  '/var/lib/muster-agent',
  '/etc/systemd/system/muster-agent.service',
  '/etc/systemd/system/multi-user.target.wants/muster-agent.service',
  '/usr/local/bin/muster-agent',
];

(why === undefined ? describe : describe.skip)('a host with systemd', () => {
  let tree: LastingTree;
  let host: SystemdHost;
  let id: string;

  /** as a person would type it there */
  const shell = async (line: string) => host.run('/bin/sh', '-c', `${line} 2>&1`);
  const inTree = (path: string): string => join(tree.root, path);

  async function muster<T>(...words: string[]): Promise<T> {
    const token = readFileSync(inTree('/srv/server/admin.token'), 'utf8').trim();
    const { stdout } = await host.run(
      '/bin/sh',
      '-c',
      `MUSTER_TOKEN=${token} exec ${nodeOnHost} /muster/bin/muster.js "$@"`,
      'sh',
      words[0] ?? '',
      '--json',
      ...words.slice(1),
    );
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
    host = await bootSystemdHost(tree.root);
    await eventually('the server is up', async () => (await shell(`curl -fsS ${server}/readyz`)).exitCode === 0, 30_000);
  }

  async function run(plugin: string, script: string): Promise<string> {
    const { run } = await muster<{ run: { state: string } }>('run', '--on', 'ALL', '--plugin', plugin, '--', script);
    return run.state;
  }

  /** of the executable that was built, or one that stands in, in a version of its own */
  function publish(version: string, script = agentFromSource('/muster')): void {
    writeStandInRelease(inTree('/srv/agents'), { version, script });
  }

  beforeAll(async () => {
    tree = makeLastingTree();
    // what a host needs to be set up by a line with curl, and a bare system does not have
    if (!existsSync(inTree('/usr/bin/curl'))) copyFileSync('/usr/bin/curl', inTree('/usr/bin/curl'));
    mkdirSync(inTree('/srv/agents'), { recursive: true });
    if (isBuilt) for (const name of readdirSync(built)) copyFileSync(join(built, name), join(inTree('/srv/agents'), name));
    else publish('0.1.0');
    writeFileSync(inTree('/etc/systemd/system/muster-server.service'), serverUnit);
    execFileSync('systemctl', ['--root', tree.root, 'enable', '--quiet', 'muster-server.service']);
    await boot();
  }, 120_000);
  afterAll(async () => {
    await host?.close();
    tree?.close();
  });

  it('is joined by the line that the server prints', async () => {
    const { command } = await muster<{ command: string }>('join-token', 'create');
    expect(command).toMatch(/^curl -fsSL http:\/\/127\.0\.0\.1:8000\/install\.sh \| sudo sh -s -- --token mjt_/);
    const { exitCode, stdout } = await shell(command.replace('sudo ', ''));
    expect(stdout).toMatch(/ is Online at http:\/\/127\.0\.0\.1:8000 \(agent /);
    expect(exitCode).toBe(0);
    const [agent] = await agents();
    expect(agent).toMatchObject({ status: 'Online', connected: true });
    id = agent?.id ?? '';
    expect((await shell('systemctl is-active muster-agent; systemctl is-enabled muster-agent')).stdout).toBe('active\nenabled\n');
    expect((await shell('systemd-analyze verify /etc/systemd/system/muster-agent.service')).stdout).toBe('');
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
    const before = (await shell('systemctl show -P MainPID muster-agent')).stdout.trim();
    await shell('systemctl kill -s KILL muster-agent');
    await eventually(
      'another process',
      async () => {
        const now = (await shell('systemctl show -P MainPID muster-agent')).stdout.trim();
        return now !== '0' && now !== before;
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
    expect((await shell('systemctl cat muster-agent')).exitCode).not.toBe(0);
    expect((await shell("grep -las '/var/lib/muster-agen[t]' /proc/[0-9]*/cmdline; true")).stdout).toBe('');
  }, 60_000);

  it('runs as an account of its own where that is asked for, which goes with it', async () => {
    publish('0.9.0');
    const { command } = await muster<{ command: string }>('join-token', 'create');
    const { exitCode, stdout } = await shell(`${command.replace('sudo ', '')} --name second --user muster`);
    expect(stdout).toContain('second is Online');
    expect(exitCode).toBe(0);
    expect((await shell('stat -c %U /proc/$(systemctl show -P MainPID muster-agent)')).stdout.trim()).toBe('muster');
    expect((await shell('stat -c %U /var/lib/muster-agent')).stdout).toBe('muster\n');
    // an upgrade keeps the account
    publish('0.9.2');
    expect((await shell(`curl -fsSL ${server}/install.sh | sh`)).exitCode).toBe(0);
    expect((await shell('stat -c %U /proc/$(systemctl show -P MainPID muster-agent)')).stdout.trim()).toBe('muster');
    expect((await shell(`curl -fsSL ${server}/install.sh | sh -s -- --uninstall`)).exitCode).toBe(0);
    expect((await shell('id muster')).exitCode).not.toBe(0);
  }, 90_000);
});
