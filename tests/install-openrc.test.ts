import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import { type InstallingHost, makeInstallingHost, openrc, serverOnHost } from './support/installing-host.ts';
import { whyNoOpenrcHost } from './support/openrc-host.ts';
import { agentFromSource } from './support/stand-in-release.ts';

const why = whyNoOpenrcHost();
if (why !== undefined) console.warn(`NOT TESTED: the installer under OpenRC, because ${why}.`);

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
  let host: InstallingHost;
  let id: string;

  beforeAll(async () => {
    host = makeInstallingHost(openrc);
    host.publish('0.8.0');
    await host.boot();
  }, 120_000);
  afterAll(async () => {
    await host?.close();
  });

  it('is joined by the line that the server prints, as a service of the default runlevel', async () => {
    const { command } = await host.muster<{ command: string }>('join-token', 'create');
    const { exitCode, stdout } = await host.shell(command.replace('sudo ', ''));
    expect(stdout).toMatch(/ is Online at http:\/\/127\.0\.0\.1:8000 \(agent /);
    expect(stdout).not.toContain('in the background and not as a service');
    expect(exitCode).toBe(0);
    const [agent] = await host.agents();
    expect(agent).toMatchObject({ status: 'Online', connected: true });
    id = agent?.id ?? '';
    expect((await host.shell('rc-service muster-agent status')).stdout).toContain('started');
    expect((await host.shell('rc-update show default')).stdout).toMatch(/muster-agent/);
    expect((await host.shell('stat -c "%a %U" /var/lib/muster-agent /var/lib/muster-agent/settings.json')).stdout).toBe(
      '700 root\n600 root\n',
    );
    expect(readFileSync(host.inTree('/var/lib/muster-agent/settings.json'), 'utf8')).not.toContain('mjt_');
  }, 120_000);

  it('runs bash, python and node', async () => {
    expect(await host.run('bash', 'echo from bash')).toBe('succeeded');
    expect(await host.run('python', 'print("from python")')).toBe('succeeded');
    expect(await host.run('node', 'console.log("from node")')).toBe('succeeded');
  }, 60_000);

  it('is back after its agent was killed', async () => {
    const before = (await host.shell(agentPids)).stdout.trim().split('\n');
    await host.shell(`kill -9 ${before.join(' ')}`);
    await eventually(
      'another process',
      async () => {
        const now = (await host.shell(agentPids)).stdout.trim().split('\n').filter(Boolean);
        return now.length > 0 && !now.some((pid) => before.includes(pid));
      },
      30_000,
    );
    await host.online();
    expect(await host.run('bash', 'true')).toBe('succeeded');
  }, 60_000);

  it('is back after a restart of the host', async () => {
    await host.boot();
    await host.online();
    expect((await host.agents()).map((agent) => agent.id)).toEqual([id]);
  }, 120_000);

  it('keeps who it is when it is brought up to date', async () => {
    host.publish('0.9.0');
    const { exitCode, stdout } = await host.shell(`curl -fsSL ${serverOnHost}/install.sh | sh`);
    expect(stdout).toContain('is Online');
    expect(exitCode).toBe(0);
    expect((await host.agents()).map((agent) => agent.id)).toEqual([id]);
    expect((await host.shell('readlink /opt/muster-agent/bin/muster-agent')).stdout).toMatch(/^muster-agent-0\.9\.0-/);
    expect((await host.shell(agentPids)).stdout.trim().split('\n')).toHaveLength(1);
  }, 60_000);

  it('goes back by itself from a version that is broken', async () => {
    host.publish('0.9.1', `case $1 in run) exit 3 ;; esac\n${agentFromSource('/muster')}`);
    const { exitCode, stdout } = await host.shell(`curl -fsSL ${serverOnHost}/install.sh | sh -s -- --wait 5`);
    expect(stdout).toContain('The agent 0.9.1 did not get Online in 5 s');
    expect(stdout).toContain('The one before it is running again.');
    expect(exitCode).toBe(10);
    await host.online();
    expect((await host.shell('readlink /opt/muster-agent/bin/muster-agent')).stdout).toMatch(/^muster-agent-0\.9\.0-/);
  }, 90_000);

  it('is left without a trace', async () => {
    const { exitCode, stdout } = await host.shell(`curl -fsSL ${serverOnHost}/install.sh | sh -s -- --uninstall`);
    expect(stdout).toContain('The agent is removed from this host.');
    expect(exitCode).toBe(0);
    expect((await host.shell(`for each in ${places.join(' ')}; do ! test -e $each || echo $each; done`)).stdout).toBe('');
    expect((await host.shell('rc-service --exists muster-agent')).exitCode).not.toBe(0);
    expect((await host.shell(agentPids)).stdout).toBe('');
  }, 60_000);

  it('runs as an account of its own where that is asked for, which goes with it', async () => {
    host.publish('0.9.0');
    const { command } = await host.muster<{ command: string }>('join-token', 'create');
    const { exitCode, stdout } = await host.shell(`${command.replace('sudo ', '')} --name second --user muster`);
    expect(stdout).toContain('second is Online');
    expect(exitCode).toBe(0);
    const owner = async () => (await host.shell(`stat -c %U $(${agentPids} | sed 's|^|/proc/|')`)).stdout;
    expect(await owner()).toBe('muster\n');
    expect((await host.shell('stat -c %U /var/lib/muster-agent')).stdout).toBe('muster\n');
    // an upgrade keeps the account
    host.publish('0.9.2');
    expect((await host.shell(`curl -fsSL ${serverOnHost}/install.sh | sh`)).exitCode).toBe(0);
    expect(await owner()).toBe('muster\n');
    expect((await host.shell(`curl -fsSL ${serverOnHost}/install.sh | sh -s -- --uninstall`)).exitCode).toBe(0);
    expect((await host.shell('id muster')).exitCode).not.toBe(0);
  }, 90_000);
});
