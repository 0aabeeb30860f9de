import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AgentUpdate, HostUpdate } from '../shared/api/updates.ts';
import { offerExecutable, writeChangedExecutable } from './support/changed-executable.ts';
import { builtRelease, compiledAgent } from './support/compiled-agent.ts';
import { eventually } from './support/eventually.ts';
import { type InstallPlace, installPlace } from './support/installer.ts';
import { processesWith } from './support/processes.ts';
import { posixShells } from './support/shells.ts';
import { type System, startSystem } from './support/system.ts';

const isPossible = process.platform === 'linux' && compiledAgent !== undefined;
if (!isPossible)
  console.warn(
    'NOT TESTED: updates of agents without a service, because there is no executable (`npm run build:agent`) for Linux.',
  );

(isPossible ? describe : describe.skip)('an update of an agent that no service manager starts again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-plain-'));
  const agents = join(folder, 'agents');
  const name = 'plain-host';
  let system: System;
  let place: InstallPlace;

  beforeAll(async () => {
    offerExecutable(agents, builtRelease()?.version ?? '', compiledAgent as string);
    system = await startSystem({ settings: { MUSTER_AGENTS_DIR: agents } });
    const script = (await system.api.send('GET', '/install.sh')).text;
    const { token } = await system.api.post<{ token: string }>('/api/v1/join-tokens', {});
    const [shell] = posixShells(join(folder, 'busybox'));
    if (shell === undefined) throw new Error('There is no shell.');
    place = installPlace(join(folder, 'host'), shell);
    const end = await place.run(script, '--token', token, '--name', name);
    if (end.exitCode !== 0) throw new Error(end.err);
  }, 60_000);
  afterAll(async () => {
    place?.end();
    await system?.dispose();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const agentPid = (): number | undefined => processesWith(`--dir ${place.data}`)[0];
  const starterPid = (): number | undefined => processesWith(`${place.prefix}/bin/start-agent --stay`)[0];

  async function ends(state: HostUpdate['state']): Promise<HostUpdate> {
    const update = await system.api.post<AgentUpdate>('/api/v1/agent-updates', { shares: [100], healthySeconds: 30 });
    let last: HostUpdate | undefined;
    await eventually(
      `the host is ${state}`,
      async () => {
        const { items } = await system.api.get<{ items: HostUpdate[] }>(`/api/v1/agent-updates/${update.id}/hosts`);
        last = items[0];
        return last?.state === state;
      },
      60_000,
    );
    return last as HostUpdate;
  }

  it('is done by its starter, which stays', async () => {
    const [agent, starter] = [agentPid(), starterPid()];
    const changed = join(folder, 'changed');
    writeChangedExecutable(compiledAgent as string, changed, '0.9.0');
    offerExecutable(agents, '0.9.0', changed);
    await ends('healthy');
    expect(starterPid()).toBe(starter);
    expect(agentPid()).not.toBe(agent);
    expect((await system.api.agents()).find((each) => each.name === name)).toMatchObject({ version: '0.9.0', connected: true });
  }, 90_000);

  it('is taken back by it', async () => {
    const broken = join(folder, 'broken');
    writeFileSync(broken, '#!/bin/sh\ncase $1 in --version) echo "muster-agent 0.9.1" ;; check) ;; *) exit 3 ;; esac\n');
    offerExecutable(agents, '0.9.1', broken);
    expect((await ends('rolled_back')).message).toContain('(exit code 3 at the last)');
    await system.connected(name);
    // what it has told stands in the log of the host, too
    expect(readFileSync(join(place.data, 'agent.log'), 'utf8')).toContain('start-agent: The agent 0.9.1 ended again and again');
  }, 90_000);
});
