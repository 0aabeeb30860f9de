import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from '../shared/api/listing.ts';
import type { Run } from '../shared/api/runs.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

let system: System;

beforeAll(async () => {
  system = await startSystem({ plugins: { 'noop.js': 'export const main = () => null;\n' } });
  await system.startAgent('one');
});
afterAll(() => system?.dispose());

/** oldest first */
const runsOf = async (taskId: string): Promise<Run[]> =>
  [...(await system.api.get<Page<Run>>(`/api/v1/runs?limit=500&taskId=${taskId}`)).items].reverse();

const succeeded = async (taskId: string): Promise<Run[]> => (await runsOf(taskId)).filter(({ state }) => state === 'succeeded');

describe('a task with an interval', () => {
  it('fires in step, and a server that is killed in between neither fires twice nor loses the step', async () => {
    const { task, run } = await system.api.createTask({
      owner: 'Anyone',
      plugin: 'noop',
      type: 'Interval',
      everySeconds: 1,
      overlap: 'parallel',
    });
    expect(run).toBeNull();
    await eventually('it fired twice', async () => (await succeeded(task.id)).length >= 2);
    await system.server().kill();
    await system.startServer();
    await system.connected('one');
    const before = (await runsOf(task.id)).length;
    await eventually('it fired three times more', async () => (await runsOf(task.id)).length >= before + 3);
    const { nextFireAt } = await system.api.post<{ nextFireAt: string | null }>(`/api/v1/tasks/${task.id}/pause`);
    expect(nextFireAt).toBeNull();

    const firedAt = (await runsOf(task.id)).map((run) => Date.parse(run.firedAt));
    expect(new Set(firedAt).size).toBe(firedAt.length);
    const first = Date.parse(task.createdAt);
    expect(firedAt.map((at) => (at - first) % 1000)).toEqual(firedAt.map(() => 0));
    const late = (await runsOf(task.id)).map((run) => Date.parse(run.createdAt) - Date.parse(run.firedAt));
    console.info(`${firedAt.length} firings came ${late.map((ms) => `${ms} ms`).join(', ')} after their time`);
    const finals = await Promise.all((await runsOf(task.id)).map(({ id }) => system.api.finalRun(id)));
    // a restart that takes longer than an interval misses a firing, and says so in a row of its own
    const ran = finals.filter(({ state }) => state !== 'skipped');
    expect(new Set(ran.map(({ state }) => state))).toEqual(new Set(['succeeded']));
    expect(finals.length - ran.length).toBeLessThanOrEqual(1);
  });
});
