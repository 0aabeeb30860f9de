import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './support/eventually.ts';
import { processesMarked } from './support/processes.ts';
import { type System, startSystem } from './support/system.ts';

/** A sleep inside a bash inside a bash, and one that its parent left behind. */
const nested = `
bash -c 'bash -c "sleep 600 & sleep 601" & sleep 602 & (setsid sleep 603 &) ; wait'
`;
/** The same, deaf to every polite word. */
const stubborn = `
trap '' TERM INT HUP
bash -c 'trap "" TERM INT HUP; bash -c "while true; do sleep 600; done"'
`;

let system: System;

beforeAll(async () => {
  system = await startSystem({ plugins: { 'nested.sh': nested, 'stubborn.sh': stubborn } });
  await system.startAgent('one');
});
afterAll(() => system?.dispose());

describe('a cancel', () => {
  it.each([
    ['nested', 6, 10],
    ['stubborn', 3, 1],
  ])('ends every process of %s', async (plugin, processes, graceSeconds) => {
    const mark = `${plugin}-${process.pid}`;
    const task = { owner: 'one', plugin, env: { MUSTER_TEST_MARK: mark }, graceSeconds };
    const { run } = await system.api.createTask(task);
    const alive = (): number => processesMarked('MUSTER_TEST_MARK', mark).length;
    await eventually(`${processes} processes run`, () => alive() >= processes);

    await system.api.post(`/api/v1/runs/${run?.id}/cancel`);
    const final = await system.api.finalRun(run?.id ?? '');
    expect(alive()).toBe(0);
    expect(final).toMatchObject({ state: 'cancelled', counts: { cancelled: 1 } });
    const [execution] = await system.api.executionsOf(final.id);
    expect(execution).toMatchObject({ state: 'cancelled', reason: 'cancel_requested' });
  });
});
