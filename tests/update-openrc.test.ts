import { copyFileSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Agent } from '../shared/api/agents.ts';
import type { AgentUpdate, HostUpdate } from '../shared/api/updates.ts';
import { offerExecutable, writeChangedExecutable } from './support/changed-executable.ts';
import { builtRelease, compiledAgent } from './support/compiled-agent.ts';
import { eventually } from './support/eventually.ts';
import { type LastingTree, makeLastingTree } from './support/lasting-tree.ts';
import { bootOpenrcHost, type OpenrcHost, whyNoOpenrcHost } from './support/openrc-host.ts';
import { nodeOnHost } from './support/systemd-host.ts';

const why =
  whyNoOpenrcHost() ??
  (compiledAgent === undefined ? '`npm run build:agent` was not run, and it takes an executable' : undefined);
if (why !== undefined) console.warn(`NOT TESTED: updates of agents under OpenRC, because ${why}.`);

const server = 'http://127.0.0.1:8000';
const serverScript = `#!/sbin/openrc-run
supervisor=supervise-daemon
command=${nodeOnHost}
command_args="--disable-warning=ExperimentalWarning /muster/bin/muster-server.js"
export MUSTER_DATA_DIR=/srv/server MUSTER_PLUGINS_DIR=/muster/plugins MUSTER_AGENTS_DIR=/srv/agents
`;
const patience = 90_000;

/** All that can happen to an update is tried under systemd; here, that the starter and the supervisor of OpenRC get along. */
(why === undefined ? describe : describe.skip)('an update of an agent under OpenRC', () => {
  let tree: LastingTree;
  let host: OpenrcHost;

  const inTree = (path: string): string => join(tree.root, path);
  const shell = async (line: string) => host.run('/bin/sh', '-c', `exec 2>&1; ${line}`);
  const current = (): string => readlinkSync(inTree('/opt/muster-agent/bin/muster-agent'));

  async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const token = readFileSync(inTree('/srv/server/admin.token'), 'utf8').trim();
    const headers = ['-H', `Authorization: Bearer ${token}`, '-H', 'Content-Type: application/json'];
    const given = body === undefined ? [] : ['-d', JSON.stringify(body)];
    const { exitCode, stdout } = await host.run(
      'curl',
      '--fail-with-body',
      '-sS',
      '-X',
      method,
      ...headers,
      ...given,
      server + path,
    );
    if (exitCode !== 0) throw new Error(`${method} ${path}: ${exitCode} ${stdout}`);
    return JSON.parse(stdout) as T;
  }
  const agents = async (): Promise<readonly Agent[]> => (await api<{ items: Agent[] }>('GET', '/api/v1/agents')).items;
  const online = (version: string): Promise<void> =>
    eventually(
      `${version} is Online`,
      async () => (await agents()).some((agent) => agent.connected && agent.status === 'Online' && agent.version === version),
      patience,
    );

  /** @returns how the update ended on the host */
  async function update(settings: object = {}): Promise<HostUpdate> {
    const order = { target: 'ALL', shares: [100], healthySeconds: 60, ...settings };
    const { id } = await api<AgentUpdate>('POST', '/api/v1/agent-updates', order);
    let last: HostUpdate | undefined;
    await eventually(
      'the update ends',
      async () => {
        [last] = (await api<{ items: HostUpdate[] }>('GET', `/api/v1/agent-updates/${id}/hosts`)).items;
        return ['healthy', 'rolled_back', 'failed', 'not_possible'].includes(last?.state ?? '');
      },
      patience,
    );
    return last as HostUpdate;
  }

  function offerWhole(version: string): void {
    const file = inTree('/srv/whole');
    writeChangedExecutable(compiledAgent as string, file, version);
    offerExecutable(inTree('/srv/agents'), version, file);
    rmSync(file);
  }
  /** A script that stands in for an agent that is broken, though it says who it is. */
  function offerBroken(version: string, does: string): void {
    const file = inTree('/srv/broken');
    writeFileSync(file, `#!/bin/sh\ncase $1 in --version) echo "muster-agent ${version}" ;; check) ;; *) ${does} ;; esac\n`);
    offerExecutable(inTree('/srv/agents'), version, file);
  }

  beforeAll(async () => {
    tree = makeLastingTree();
    if (!existsSync(inTree('/usr/bin/curl'))) copyFileSync('/usr/bin/curl', inTree('/usr/bin/curl'));
    mkdirSync(inTree('/srv'), { recursive: true });
    offerExecutable(inTree('/srv/agents'), builtRelease()?.version ?? '', compiledAgent as string);
    writeFileSync(inTree('/etc/init.d/muster-server'), serverScript, { mode: 0o755 });
    symlinkSync('/etc/init.d/muster-server', inTree('/etc/runlevels/default/muster-server'));
    host = await bootOpenrcHost(tree.root);
    await eventually('the server is up', async () => (await shell(`curl -fsS ${server}/readyz`)).exitCode === 0, 30_000);
    const { token } = await api<{ token: string }>('POST', '/api/v1/join-tokens', {});
    const { exitCode, stdout } = await shell(`curl -fsSL ${server}/install.sh | sh -s -- --token ${token}`);
    if (exitCode !== 0) throw new Error(stdout);
  }, 180_000);
  afterAll(async () => {
    await host?.close();
    tree?.close();
  });

  it('switches, and the host stays who it is', async () => {
    const [before] = await agents();
    const first = current();
    offerWhole('0.9.0');
    expect(await update()).toMatchObject({ state: 'healthy', message: `Switched from ${builtRelease()?.version} to 0.9.0.` });
    await online('0.9.0');
    expect((await agents()).map(({ id }) => id)).toEqual([before?.id]);
    expect(current()).toMatch(/^muster-agent-0\.9\.0-/);
    expect(existsSync(inTree(`/opt/muster-agent/bin/${first}`))).toBe(true);
    expect((await shell('rc-service muster-agent status')).stdout).toContain('started');
  }, 180_000);

  it.each([
    ['ends at once', 'exit 78', 'ended again and again before it was Online'],
    ['hangs, and heeds no signal', "trap '' TERM; while :; do sleep 1; done", 'was not Online within 10 s'],
  ])(
    'is taken back when the new agent %s',
    async (_, does, sentence) => {
      offerBroken('0.9.1', does);
      const { state, message } = await update({ healthySeconds: 10 });
      expect([state, message]).toEqual(['rolled_back', expect.stringContaining(sentence)]);
      await online('0.9.0');
      expect(current()).toMatch(/^muster-agent-0\.9\.0-/);
    },
    180_000,
  );

  it('is back after its agent was killed, as ever', async () => {
    await shell("kill -9 $(grep -las 'dir./var/lib/muster-agen[t]' /proc/[0-9]*/cmdline | cut -d / -f 3)");
    await eventually('it is gone', async () => !(await agents()).some(({ connected }) => connected));
    await online('0.9.0');
  }, 60_000);
});
