import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../tests/support/eventually.ts';
import type { Trial, TrialWorld } from './trial-world.ts';

/** for the command lines of processes that are counted */
const mark = (name: string): string => `muster-trial-${name}-${process.pid}`;
/** cmd waits for it, and it is there by its name */
const waiting = (name: string): string => `"C:\\muster\\muster-agent.exe" script C:\\muster\\wait.cjs ${mark(name)}`;
const writeWait = ({ done }: TrialWorld): Promise<unknown> =>
  done('file', { path: 'C:\\muster\\wait.cjs', content: 'setInterval(() => {}, 1000);\n' }, { action: 'write' });

/** What an agent does about work that does not end well, and about ends of its own. */
export const agentTrials: readonly Trial[] = [
  {
    name: 'ends a plugin at its time limit, with the processes that it started',
    async run({ begin, ended, alive }) {
      const { runId } = await begin('tree', [mark('limit')], { timeoutSeconds: 3, graceSeconds: 0.5 });
      await eventually('child and grandchild run', () => alive(mark('limit')) >= 2);
      const { execution } = await ended(runId);
      assert.equal(execution.state, 'timed_out');
      await eventually('nothing of it runs', () => alive(mark('limit')) === 0);
      return execution.message ?? '';
    },
  },
  {
    name: 'ends a line of cmd at its time limit, with what it waits for',
    async run(world) {
      await writeWait(world);
      const { runId } = await world.begin('shell', [waiting('cmd')], { timeoutSeconds: 3, graceSeconds: 0.5 });
      await eventually('cmd and the program run', () => world.alive(mark('cmd')) >= 2);
      const { execution } = await world.ended(runId);
      assert.equal(execution.state, 'timed_out');
      await eventually('nothing of it runs', () => world.alive(mark('cmd')) === 0);
    },
  },
  {
    name: 'cancels a plugin that listens',
    async run({ begin, ended, server }) {
      const { runId, id } = await begin('report', [], { action: 'polite' });
      await eventually('it waits', async () => (await server().api.log(id)) === 'waiting\n');
      await server().api.post(`/api/v1/runs/${runId}/cancel`);
      const { execution, log } = await ended(runId);
      assert.deepEqual([execution.state, log], ['cancelled', 'waiting\nasked to end\n']);
      return execution.message ?? '';
    },
  },
  {
    name: 'cancels a line of cmd, with what it waits for',
    async run(world) {
      const { begin, ended, server, alive } = world;
      await writeWait(world);
      const { runId } = await begin('shell', [waiting('cancel')], { graceSeconds: 0.5 });
      await eventually('cmd and the program run', () => alive(mark('cancel')) >= 2);
      await server().api.post(`/api/v1/runs/${runId}/cancel`);
      assert.equal((await ended(runId)).execution.state, 'cancelled');
      await eventually('nothing of it runs', () => alive(mark('cancel')) === 0);
    },
  },
  {
    name: 'ends what a plugin leaves in the background',
    async run({ done, alive }) {
      const { execution, log } = await done('tree', [mark('left')], { action: 'leave' });
      assert.equal(execution.state, 'succeeded');
      await eventually('nothing of it runs', () => alive(mark('left')) === 0);
      assert.match(log, /^child and grandchild run\n\[muster\] Ended 1 process left behind in the background: .+\.\n$/);
      return log.trim().split('\n').at(-1) ?? '';
    },
  },
  {
    name: 'goes on while the server is away, and the log has no gap',
    async run({ begin, ended, server, restartServer, online }) {
      const { runId, id } = await begin('report', [80], { action: 'slowly' });
      await eventually('it speaks', async () => (await server().api.log(id)).includes('line 5\n'));
      await restartServer(() => pause(1500));
      const { execution, log } = await ended(runId);
      await online();
      assert.equal(execution.state, 'succeeded');
      assert.equal(log, Array.from({ length: 80 }, (_, index) => `line ${index + 1}\n`).join(''));
    },
  },
  {
    name: 'lets no second agent into its folder, and says how it is',
    async run({ host, agentExe, agentDir, server }) {
      const second = await host.run({ file: agentExe, args: ['run', '--dir', agentDir], env: { MUSTER_SERVER: server().url } });
      assert.equal(second.exitCode, 78, second.output);
      const status = await host.run({ file: agentExe, args: ['status', '--dir', agentDir] });
      assert.equal(status.exitCode, 0, status.output);
      assert.match(status.output, /is Online/);
      return second.output.trim();
    },
  },
  {
    // without the service, whose job object ends all: what cmd has started goes on, and stands in its workspace, which cannot be removed then
    name: 'comes back after a crash: what it was at is told as lost, and new work runs',
    async run(world) {
      const { begin, ended, done, killAgent, startAgent, online, alive } = world;
      await writeWait(world);
      const { runId } = await begin('shell', [waiting('crash')]);
      await eventually('cmd and the program run', () => alive(mark('crash')) >= 2);
      await killAgent();
      await eventually('cmd has ended with its agent', () => alive(mark('crash')) === 1);
      await startAgent();
      const { execution } = await ended(runId);
      assert.equal(execution.state, 'lost', execution.message ?? '');
      await online();
      assert.equal((await done('shell', ['echo again'])).execution.state, 'succeeded');
      return execution.message ?? '';
    },
  },
  {
    name: 'comes back after the power was cut, with its identity, its journal and its plugins whole',
    async run({ begin, ended, done, host, startAgent, online, server }) {
      const before = await server().api.agents();
      const { runId, id } = await begin('report', [], { action: 'polite' });
      await eventually('it waits', async () => (await server().api.log(id)) === 'waiting\n');
      await host.cutPower();
      await host.boot();
      await startAgent();
      assert.equal((await ended(runId)).execution.state, 'lost');
      await online();
      assert.deepEqual(
        (await server().api.agents()).map((agent) => agent.id),
        before.map((agent) => agent.id),
      );
      assert.equal((await done('report', ['you'])).execution.state, 'succeeded');
    },
  },
];
