import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import { type InstallingHost, makeInstallingHost, serverOnHost, systemd } from './support/installing-host.ts';
import { agentFromSource } from './support/stand-in-release.ts';
import { whyNoSystemdHost } from './support/systemd-host.ts';

const why = whyNoSystemdHost();
if (why !== undefined) console.warn(`NOT TESTED: the installer under a real systemd, because ${why}.`);

const built = resolve(import.meta.dirname, '../dist/agents');
const isBuilt = existsSync(join(built, 'release.json'));
if (why === undefined && !isBuilt)
  console.warn(
    'NOT TESTED: the executable itself under systemd, because `npm run build:agent` was not run; its source stands in.',
  );

/** Where the installer puts things. */
const places = [
  '/opt/muster-agent',
  '/var/lib/muster-agent',
  '/etc/systemd/system/muster-agent.service',
  '/etc/systemd/system/multi-user.target.wants/muster-agent.service',
  '/usr/local/bin/muster-agent',
];

(why === undefined ? describe : describe.skip)('a host with systemd', () => {
  let host: InstallingHost;
  let id: string;

  beforeAll(async () => {
    host = makeInstallingHost(systemd);
    // the executable that was built, or one that stands in
    if (isBuilt) for (const name of readdirSync(built)) copyFileSync(join(built, name), join(host.inTree('/srv/agents'), name));
    else host.publish('0.1.0');
    await host.boot();
  }, 120_000);
  afterAll(async () => {
    await host?.close();
  });

  it('is joined by the line that the server prints', async () => {
    const { command } = await host.muster<{ command: string }>('join-token', 'create');
    expect(command).toMatch(/^curl -fsSL http:\/\/127\.0\.0\.1:8000\/install\.sh \| sudo sh -s -- --token mjt_/);
    const { exitCode, stdout } = await host.shell(command.replace('sudo ', ''));
    expect(stdout).toMatch(/ is Online at http:\/\/127\.0\.0\.1:8000 \(agent /);
    expect(exitCode).toBe(0);
    const [agent] = await host.agents();
    expect(agent).toMatchObject({ status: 'Online', connected: true });
    id = agent?.id ?? '';
    expect((await host.shell('systemctl is-active muster-agent; systemctl is-enabled muster-agent')).stdout).toBe(
      'active\nenabled\n',
    );
    expect((await host.shell('systemd-analyze verify /etc/systemd/system/muster-agent.service')).stdout).toBe('');
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
    const before = (await host.shell('systemctl show -P MainPID muster-agent')).stdout.trim();
    await host.shell('systemctl kill -s KILL muster-agent');
    await eventually(
      'another process',
      async () => {
        const now = (await host.shell('systemctl show -P MainPID muster-agent')).stdout.trim();
        return now !== '0' && now !== before;
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
    expect((await host.shell('systemctl cat muster-agent')).exitCode).not.toBe(0);
    expect((await host.shell("grep -las '/var/lib/muster-agen[t]' /proc/[0-9]*/cmdline; true")).stdout).toBe('');
  }, 60_000);

  it('runs as an account of its own where that is asked for, which goes with it', async () => {
    host.publish('0.9.0');
    const { command } = await host.muster<{ command: string }>('join-token', 'create');
    const { exitCode, stdout } = await host.shell(`${command.replace('sudo ', '')} --name second --user muster`);
    expect(stdout).toContain('second is Online');
    expect(exitCode).toBe(0);
    expect((await host.shell('stat -c %U /proc/$(systemctl show -P MainPID muster-agent)')).stdout.trim()).toBe('muster');
    expect((await host.shell('stat -c %U /var/lib/muster-agent')).stdout).toBe('muster\n');
    // an upgrade keeps the account
    host.publish('0.9.2');
    expect((await host.shell(`curl -fsSL ${serverOnHost}/install.sh | sh`)).exitCode).toBe(0);
    expect((await host.shell('stat -c %U /proc/$(systemctl show -P MainPID muster-agent)')).stdout.trim()).toBe('muster');
    expect((await host.shell(`curl -fsSL ${serverOnHost}/install.sh | sh -s -- --uninstall`)).exitCode).toBe(0);
    expect((await host.shell('id muster')).exitCode).not.toBe(0);
  }, 90_000);
});
