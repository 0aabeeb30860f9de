import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Agent } from '../shared/api/agents.ts';
import type { Execution } from '../shared/api/executions.ts';
import type { Run } from '../shared/api/runs.ts';
import type { AgentUpdate, HostUpdate, NewUpdate } from '../shared/api/updates.ts';
import { alterOffered, offerExecutable, writeChangedExecutable, writeOtherProtocol } from './support/changed-executable.ts';
import { builtRelease, compiledAgent } from './support/compiled-agent.ts';
import { eventually } from './support/eventually.ts';
import { type LastingTree, makeLastingTree } from './support/lasting-tree.ts';
import { bootSystemdHost, nodeOnHost, type SystemdHost, whyNoSystemdHost } from './support/systemd-host.ts';

const why =
  whyNoSystemdHost() ??
  (compiledAgent === undefined ? '`npm run build:agent` was not run, and it takes an executable' : undefined);
if (why !== undefined) console.warn(`NOT TESTED: updates of agents under a real systemd, because ${why}.`);

const server = 'http://127.0.0.1:8000';
const serverUnit = `[Service]
ExecStart=${nodeOnHost} --disable-warning=ExperimentalWarning /muster/bin/muster-server.js
Environment=MUSTER_DATA_DIR=/srv/server MUSTER_PLUGINS_DIR=/muster/plugins MUSTER_AGENTS_DIR=/srv/agents
[Install]
WantedBy=multi-user.target
`;

const bin = '/opt/muster-agent/bin';
const data = '/var/lib/muster-agent';
const patience = 90_000;

(why === undefined ? describe : describe.skip)('an update of an agent under systemd', () => {
  let tree: LastingTree;
  let host: SystemdHost;
  let agentId: string;

  const inTree = (path: string): string => join(tree.root, path);
  const shell = async (line: string) => host.run('/bin/sh', '-c', `${line} 2>&1`);
  const offered = (): string => inTree('/srv/agents');
  const current = (): string => readlinkSync(inTree(`${bin}/muster-agent`));
  const mainPid = async (): Promise<string> => (await shell('systemctl show -P MainPID muster-agent')).stdout.trim();
  const journal = async (): Promise<string> => (await shell('journalctl -u muster-agent -n 60 --no-pager')).stdout;

  const api = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    JSON.parse(await text(path, method, body)) as T;

  async function text(path: string, method = 'GET', body?: unknown): Promise<string> {
    const token = readFileSync(inTree('/srv/server/admin.token'), 'utf8').trim();
    const args = [
      '--fail-with-body',
      '-sS',
      '-X',
      method,
      '-H',
      `Authorization: Bearer ${token}`,
      '-H',
      'Content-Type: application/json',
    ];
    const given = body === undefined ? [] : ['-d', JSON.stringify(body)];
    const { exitCode, stdout } = await host.run('curl', ...args, ...given, `${server}${path}`);
    if (exitCode !== 0) throw new Error(`${method} ${path}: ${exitCode} ${stdout}`);
    return stdout;
  }
  const agent = async (): Promise<Agent | undefined> => (await api<{ items: Agent[] }>('GET', '/api/v1/agents')).items[0];
  const isOnline = async (version: string): Promise<boolean> => {
    const found = await agent().catch(() => undefined);
    return found?.status === 'Online' && found.connected && found.version === version;
  };
  const online = (version: string): Promise<void> => eventually(`${version} is Online`, () => isOnline(version), patience);

  const order = (settings: Partial<NewUpdate> = {}): Promise<AgentUpdate> =>
    api('POST', '/api/v1/agent-updates', { target: 'ALL', shares: [100], healthySeconds: 60, ...settings });
  const hostOf = async ({ id }: AgentUpdate): Promise<HostUpdate | undefined> =>
    (await api<{ items: HostUpdate[] }>('GET', `/api/v1/agent-updates/${id}/hosts`)).items[0];

  async function ends(update: AgentUpdate, state: HostUpdate['state']): Promise<HostUpdate> {
    let last: HostUpdate | undefined;
    try {
      await eventually(
        `the host is ${state}`,
        async () => {
          last = (await hostOf(update).catch(() => undefined)) ?? last;
          return last?.state === state;
        },
        patience,
      );
    } catch (error) {
      throw new Error(`It is ${JSON.stringify(last)}.\n${await journal()}`, { cause: error });
    }
    return last as HostUpdate;
  }

  async function boot(): Promise<void> {
    host = await bootSystemdHost(tree.root);
    await eventually('the server is up', async () => (await shell(`curl -fsS ${server}/readyz`)).exitCode === 0, 30_000);
  }

  const start = (plugin: string, script: string): Promise<{ run: Run }> =>
    api('POST', '/api/v1/tasks', { owner: 'ALL', plugin, action: 'main', args: { script }, type: 'Adhoc' });
  /** Work that goes on until the test has seen what it waits for. */
  const untilTold = 'rm -f /srv/go; while [ ! -e /srv/go ]; do sleep 0.1; done';
  const tell = async (): Promise<void> => void (await shell('touch /srv/go'));
  const stateOf = async ({ run }: { run: Run }): Promise<string> => (await api<Run>('GET', `/api/v1/runs/${run.id}`)).state;

  const executionOf = async ({ run }: { run: Run }): Promise<Execution> =>
    (await api<{ items: [Execution] }>('GET', `/api/v1/runs/${run.id}/executions`)).items[0];

  async function settled(of: { run: Run }): Promise<{ run: Run }> {
    await eventually('the run ends', async () => (await stateOf(of)) !== 'active', patience);
    return of;
  }

  /** A limited execution has a group of its own, where this machine lets systemd have them. */
  async function hasControlGroups(): Promise<boolean> {
    const args = { script: 'cat /proc/self/cgroup' };
    const limits = { processes: 50 };
    const { run } = await api<{ run: Run }>('POST', '/api/v1/tasks', { owner: 'ALL', plugin: 'bash', args, limits });
    expect(await stateOf(await settled({ run }))).toBe('succeeded');
    const { id } = await executionOf({ run });
    return (await text(`/api/v1/executions/${id}/log`)).includes('/muster-job-');
  }

  /** A script that stands in for an agent that is broken, though it says who it is. */
  function offerBroken(version: string, does: string): void {
    const file = inTree('/srv/broken');
    writeFileSync(file, `#!/bin/sh\ncase $1 in --version) echo "muster-agent ${version}" ;; check) ;; *) ${does} ;; esac\n`);
    offerExecutable(offered(), version, file);
  }
  function offerWhole(version: string): void {
    const file = inTree('/srv/whole');
    writeChangedExecutable(compiledAgent as string, file, version);
    offerExecutable(offered(), version, file);
    rmSync(file);
  }

  beforeAll(async () => {
    tree = makeLastingTree();
    if (!existsSync(inTree('/usr/bin/curl'))) copyFileSync('/usr/bin/curl', inTree('/usr/bin/curl'));
    mkdirSync(inTree('/srv'), { recursive: true });
    offerExecutable(offered(), builtRelease()?.version ?? '', compiledAgent as string);
    writeFileSync(inTree('/etc/systemd/system/muster-server.service'), serverUnit);
    execFileSync('systemctl', ['--root', tree.root, 'enable', '--quiet', 'muster-server.service']);
    await boot();
    const { token } = await api<{ token: string }>('POST', '/api/v1/join-tokens', {});
    const { exitCode, stdout } = await shell(`curl -fsSL ${server}/install.sh | sh -s -- --token ${token}`);
    if (exitCode !== 0) throw new Error(stdout);
    agentId = (await agent())?.id ?? '';
  }, 180_000);
  afterAll(async () => {
    await host?.close();
    tree?.close();
  });

  it('waits for what runs, then switches, and keeps who the host is', async () => {
    const first = current();
    const pid = await mainPid();
    const hadControlGroups = await hasControlGroups();
    const working = await start('bash', untilTold);
    await eventually('it runs', async () => (await executionOf(working)).state === 'running', patience);
    offerWhole('0.9.0');
    const update = await order();
    await ends(update, 'ready');
    expect([current(), await mainPid()]).toEqual([first, pid]);
    await tell();
    const { message } = await ends(update, 'healthy');
    expect(message).toContain('to 0.9.0');
    expect(await stateOf(working)).toBe('succeeded');
    await online('0.9.0');
    expect((await agent())?.id).toBe(agentId);
    expect(current()).toMatch(/^muster-agent-0\.9\.0-[0-9a-f]{12}$/);
    const left = (await shell(`ls -A ${bin}`)).stdout
      .split('\n')
      .filter((name) => name !== '')
      .sort();
    expect(left).toEqual(['muster-agent', 'start-agent', first, current()].sort());
    await eventually(
      'it is done',
      async () => (await api<AgentUpdate>('GET', `/api/v1/agent-updates/${update.id}`)).state === 'done',
    );
    expect(await stateOf(await start('bash', 'true').then(settled))).toBe('succeeded');
    // the starter that is beside it now takes no control groups away from it
    expect(await hasControlGroups()).toBe(hadControlGroups);
  }, 180_000);

  it('takes no new work while it drains, which runs after the switch', async () => {
    offerWhole('0.9.1');
    const working = await start('bash', untilTold);
    await eventually('it runs', async () => (await executionOf(working)).state === 'running', patience);
    const update = await order({ mode: 'drain' });
    await ends(update, 'ready');
    const next = await start('bash', 'true');
    await eventually(
      'it is declined',
      async () =>
        (await text(`/api/v1/executions/${(await executionOf(next)).id}`)).includes('is about to switch to version 0.9.1'),
      patience,
    );
    await tell();
    await ends(update, 'healthy');
    expect(await stateOf(await settled(working))).toBe('succeeded');
    expect(await stateOf(await settled(next))).toBe('succeeded');
    offerWhole('0.9.0');
    await ends(await order(), 'healthy');
  }, 180_000);

  it('is taken back when the new agent ends at once, with a code that asks systemd not to start it again', async () => {
    offerBroken('0.9.1', 'exit 78');
    const update = await order();
    const { message } = await ends(update, 'rolled_back');
    expect(message).toContain('The agent 0.9.1 ended again and again before it was Online (exit code 78 at the last).');
    expect(message).toContain('The one before it, 0.9.0, was put back.');
    await online('0.9.0');
    await eventually('the update is paused', async () => {
      const { state } = await api<AgentUpdate>('GET', `/api/v1/agent-updates/${update.id}`);
      return state === 'paused';
    });
    expect((await shell('systemctl is-active muster-agent')).stdout).toBe('active\n');
  }, 180_000);

  it('is taken back when the new agent hangs, and heeds no signal', async () => {
    offerBroken('0.9.2', "trap '' TERM; while :; do sleep 1; done");
    const { message } = await ends(await order({ healthySeconds: 10 }), 'rolled_back');
    expect(message).toContain('The agent 0.9.2 was not Online within 10 s.');
    await online('0.9.0');
  }, 180_000);

  it('switches nothing when the new one does not run here, or was altered on the way', async () => {
    const before = current();
    const pid = await mainPid();
    const file = inTree('/srv/broken');
    writeFileSync(file, 'no program at all');
    offerExecutable(offered(), '0.9.3', file);
    expect((await ends(await order(), 'failed')).message).toContain('The new executable does not run on this host');
    offerBroken('0.9.4', 'exit 1');
    alterOffered(offered());
    expect((await ends(await order(), 'failed')).message).toContain('it has another checksum');
    expect([current(), await mainPid()]).toEqual([before, pid]);
  }, 180_000);

  it('switches nothing when the disk runs full during the download', async () => {
    const before = current();
    offerWhole('0.9.5');
    await shell(`mkdir -p ${bin}/.updating && mount -t tmpfs -o size=20m tmpfs ${bin}/.updating`);
    try {
      expect((await ends(await order(), 'failed')).message).toMatch(/The disk ran full during the download|no space left/i);
      expect((await shell(`ls -A ${bin}/.updating`)).stdout).toBe('');
    } finally {
      await shell(`umount ${bin}/.updating`);
    }
    expect(current()).toBe(before);
  }, 180_000);

  it('is taken back when the server is away, and succeeds when it is ordered again', async () => {
    offerWhole('0.9.5');
    const before = current();
    const update = await order({ healthySeconds: 10 });
    await eventually('it is switched', () => current() !== before, patience);
    await shell('systemctl stop muster-server');
    await eventually('it is taken back', () => current() === before, patience);
    await shell('systemctl start muster-server');
    expect((await ends(update, 'rolled_back')).message).toContain('The agent 0.9.5 was not Online within 10 s');
    await online('0.9.0');
    await ends(await order(), 'healthy');
    await online('0.9.5');
  }, 240_000);

  it('goes on after a kill of the agent at any step', async () => {
    offerWhole('0.9.6');
    const before = current();
    const update = await order();
    // at the download
    await eventually('it downloads', () => existsSync(inTree(`${bin}/.updating`)), patience);
    await shell('systemctl kill -s KILL muster-agent');
    // as soon as it has switched, and the new one as soon as it was started
    await eventually('it is switched', () => current() !== before, patience);
    await shell('systemctl kill -s KILL muster-agent');
    await eventually('a start was counted', () => !existsSync(inTree(`${data}/update/start-1`)), patience);
    await shell('systemctl kill -s KILL muster-agent');
    await ends(update, 'healthy');
    await online('0.9.6');
    expect(await stateOf(await start('bash', 'true').then(settled))).toBe('succeeded');
  }, 240_000);

  it('goes on after the power was cut between its record and its switch, and right after that', async () => {
    offerWhole('0.9.7');
    const before = current();
    const update = await order();
    await eventually('it is switched', () => current() !== before, patience);
    await host.close();
    const next = current();
    // as if the power had gone one step earlier
    const record = inTree(`${data}/update/state`);
    if (existsSync(record) && readFileSync(record, 'utf8').includes('state switching')) {
      for (const number of [1, 2, 3]) writeFileSync(inTree(`${data}/update/start-${number}`), '');
      rmSync(inTree(`${bin}/muster-agent`));
      execFileSync('ln', ['-s', before, inTree(`${bin}/muster-agent`)]);
    }
    await boot();
    await eventually('it is switched again', () => current() === next, patience);
    await host.close();
    await boot();
    await ends(update, 'healthy');
    await online('0.9.7');
    expect(existsSync(record)).toBe(false);
  }, 240_000);

  it('comes to an agent of another protocol, which nothing else reaches', async () => {
    offerWhole('0.9.8');
    await shell('systemctl stop muster-agent');
    const file = inTree(`${bin}/other`);
    const sha256 = writeOtherProtocol(compiledAgent as string, file);
    const name = `muster-agent-0.1.0-${sha256.slice(0, 12)}`;
    await shell(`cd ${bin} && mv other ${name} && ln -sf ${name} muster-agent && systemctl start muster-agent`);
    await online('0.9.8');
    expect((await agent())?.id).toBe(agentId);
    expect(current()).toMatch(/^muster-agent-0\.9\.8-/);
    expect((await shell(`ls ${bin}`)).stdout).toContain(name);
  }, 180_000);

  it('is not possible for an account that must not change the program, and the server is told why', async () => {
    await shell(`curl -fsSL ${server}/install.sh | sh -s -- --uninstall`);
    const { token } = await api<{ token: string }>('POST', '/api/v1/join-tokens', {});
    const { exitCode } = await shell(`curl -fsSL ${server}/install.sh | sh -s -- --token ${token} --user muster`);
    expect(exitCode).toBe(0);
    await eventually('it is told', async () => (await agent())?.executable?.notUpdatable !== undefined, patience);
    expect((await agent())?.executable?.notUpdatable).toBe(
      `Its account cannot write ${bin}. To update it, run the install line again on this host.`,
    );
    offerWhole('0.9.7');
    expect((await ends(await order(), 'not_possible')).message).toContain('Its account cannot write');
  }, 120_000);

  it('gives way to an installation by hand, and is left without a trace', async () => {
    offerWhole('0.9.9');
    const { exitCode, stdout } = await shell(`curl -fsSL ${server}/install.sh | sh`);
    expect(stdout).toContain('(agent 0.9.9)');
    expect(exitCode).toBe(0);
    expect((await shell(`curl -fsSL ${server}/install.sh | sh -s -- --uninstall`)).exitCode).toBe(0);
    expect((await shell(`ls -d ${bin} ${data}`)).stdout).toContain('No such file');
    expect((await shell("grep -las '/var/lib/muster-agen[t]' /proc/[0-9]*/cmdline; true")).stdout).toBe('');
  }, 120_000);
});
