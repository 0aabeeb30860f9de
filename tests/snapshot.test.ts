import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../shared/api/runs.ts';
import { eventually } from './support/eventually.ts';
import { isOnPath, processesMarked } from './support/processes.ts';
import { type System, startSystem } from './support/system.ts';

const plugins = {
  'tick.sh': 'for ((i = 1; ; i++)); do echo "tick $i"; sleep 0.1; done',
  'deaf.sh':
    'trap "" TERM\nfor i in 1 2 3 4 5 6 7 8 9 10; do (trap "" TERM; sleep 600 & wait) & done\necho ready\nwait\nwait\nsleep 600',
  'ping.sh': 'exec ping -i 0.2 127.0.0.1',
  'fails.sh': 'echo no; exit 3',
};

let system: System;
beforeAll(async () => {
  system = await startSystem({ plugins });
  await system.startAgent('one');
});
afterAll(() => system?.dispose());

/** What became of the one execution, its log, and what of it is still there. */
async function snapshotOf(plugin: string, policy: Readonly<Record<string, unknown>>) {
  const mark = `snapshot-${plugin}-${process.pid}`;
  const alive = (): number => processesMarked('MUSTER_TEST_MARK', mark).length;
  const env = { MUSTER_TEST_MARK: mark };
  const { run } = await system.api.createTask({ owner: 'one', plugin, env, onTimeout: 'snapshot', ...policy });
  let most = 0;
  await eventually('it is final', async () => {
    most = Math.max(most, alive());
    return (await system.api.get<Run>(`/api/v1/runs/${run?.id}`)).state !== 'active';
  });
  const left = alive();
  const [execution] = await system.api.executionsOf(run?.id ?? '');
  const log = await system.api.log(execution?.id ?? '');
  return { execution, log, most, left };
}

const snapshot = { state: 'succeeded', reason: 'snapshot', exitCode: null };

describe('a snapshot', () => {
  it('of work that never ends has succeeded with the lines that it printed, and nothing of it is left', async () => {
    const { execution, log, left } = await snapshotOf('tick', { timeoutSeconds: 1.5 });
    expect(execution).toMatchObject(snapshot);
    expect(execution?.message).toContain('A snapshot of 1.5 s');
    expect(log).toMatch(/^tick 1\ntick 2\ntick 3\n/);
    expect(left).toBe(0);
  });

  it('ends what traps TERM and forks ten sleepers, all of it, within the grace', async () => {
    const { execution, most, left } = await snapshotOf('deaf', { timeoutSeconds: 2, graceSeconds: 0.5 });
    expect(execution).toMatchObject(snapshot);
    expect(execution?.message).toContain('Its process tree was killed.');
    expect(most).toBeGreaterThanOrEqual(21);
    expect(left).toBe(0);
  });

  (isOnPath('ping') ? it : it.skip)('of ping keeps its lines (needs the program ping)', async () => {
    const { execution, log, left } = await snapshotOf('ping', { timeoutSeconds: 3 });
    expect(execution).toMatchObject(snapshot);
    expect(log.match(/bytes from 127\.0\.0\.1/g)?.length).toBeGreaterThan(5);
    expect(left).toBe(0);
  });

  it('does not excuse work that fails before its time is up', async () => {
    const { execution } = await snapshotOf('fails', { timeoutSeconds: 30 });
    expect(execution).toMatchObject({ state: 'failed', reason: 'exit_code', exitCode: 3 });
  });
});
