import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AgentUpdate, HostUpdate } from '../../shared/api/updates.ts';
import { protocolVersion } from '../../shared/protocol.ts';
import type { Release } from '../../shared/release.ts';
import { alterOffered, writeChangedExecutable } from '../../tests/support/changed-executable.ts';
import { eventually } from '../../tests/support/eventually.ts';
import type { Trial, TrialWorld } from './trial-world.ts';

const prefix = 'C:\\Program Files\\Muster Agent';
const keeper = 'C:\\muster\\keeper.cjs';

/** Stands in for the service, which takes .NET: it starts the executable that current.txt names, again and again. It takes nothing back. */
const keeperScript = `const { spawn } = require('node:child_process');
const { readFileSync } = require('node:fs');
const [folder, dir] = process.argv.slice(2);
const start = () =>
  spawn(folder + '\\\\' + readFileSync(folder + '\\\\current.txt', 'utf8').trim(), ['run', '--dir', dir], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MUSTER_AGENT_STARTER_PID: String(process.pid) },
  }).once('exit', () => setTimeout(start, 500));
start();
`;

const sha256Of = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const nameOf = (version: string, sha256: string): string => `muster-agent-${version}-${sha256.slice(0, 12)}.exe`;

/** @returns what the executable is called on hosts */
function offer(world: TrialWorld, version: string, executable: string): string {
  const folder = join(world.server().folder, 'agents');
  const sha256 = sha256Of(executable);
  const content = readFileSync(executable);
  const name = `muster-agent-windows-x64-${version}.exe`;
  const file: Release['files'][number] = { platform: 'windows-x64', name, bytes: content.length, sha256, downloads: [] };
  const release: Release = { version, commit: 'unknown', protocol: protocolVersion, files: [file] };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, 'release.json'), JSON.stringify(release));
  return nameOf(version, sha256);
}

async function endOf({ server }: TrialWorld, settings: object = {}): Promise<HostUpdate> {
  const order = { target: 'ALL', shares: [100], healthySeconds: 60, ...settings };
  const { id } = await server().api.post<AgentUpdate>('/api/v1/agent-updates', order);
  let host: HostUpdate | undefined;
  await eventually(
    'the update ends',
    async () => {
      [host] = (await server().api.get<{ items: HostUpdate[] }>(`/api/v1/agent-updates/${id}/hosts`)).items;
      return host !== undefined && ['healthy', 'failed', 'rolled_back', 'not_possible'].includes(host.state);
    },
    90_000,
  );
  return host as HostUpdate;
}

/** The agent's own half of an update: the other half, which takes a bad one back, is the service's. */
export const updateTrials: readonly Trial[] = [
  {
    name: 'is updated by its server, in an installed folder, and stays who it is',
    async run(world) {
      const { host, agentExe, agentDir, server, killAgent, online, startProgram } = world;
      const built = host.onDisk(agentExe);
      const first = nameOf((await server().api.agents())[0]?.version ?? '', sha256Of(built));
      const onDisk = host.onDisk(prefix);
      mkdirSync(onDisk, { recursive: true });
      copyFileSync(built, join(onDisk, first));
      writeFileSync(join(onDisk, 'current.txt'), first);
      writeFileSync(host.onDisk(keeper), keeperScript);
      await killAgent();
      startProgram(agentExe, ['script', keeper, prefix, agentDir]);
      await online();
      const before = await server().api.agents();

      const changed = join(dirname(built), 'changed.exe');
      writeChangedExecutable(built, changed, '0.9.0');
      const second = offer(world, '0.9.0', changed);
      const { state, message } = await endOf(world);
      assert.equal(state, 'healthy', message ?? '');
      const after = await server().api.agents();
      assert.deepEqual(
        after.map(({ id, version }) => [id, version]),
        before.map(({ id }) => [id, '0.9.0']),
      );
      assert.equal(readFileSync(join(onDisk, 'current.txt'), 'utf8'), second);
      assert.deepEqual(readdirSync(onDisk).sort(), ['current.txt', first, second].sort());
      assert.equal((await world.done('shell', ['echo updated'])).execution.state, 'succeeded');
      return message ?? '';
    },
  },
  {
    name: 'switches to nothing that was altered on its way',
    async run(world) {
      const { host, agentExe, server } = world;
      const changed = join(dirname(host.onDisk(agentExe)), 'changed.exe');
      writeChangedExecutable(host.onDisk(agentExe), changed, '0.9.1');
      offer(world, '0.9.1', changed);
      alterOffered(join(server().folder, 'agents'));
      const { state, message } = await endOf(world);
      assert.equal(state, 'failed');
      assert.match(message ?? '', /checksum/);
      assert.equal((await server().api.agents())[0]?.version, '0.9.0');
      return message ?? '';
    },
  },
];
