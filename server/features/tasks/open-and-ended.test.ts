import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type ExecutionState, executionStates, heldStates, isFinal, openStates } from '../../../shared/states.ts';
import { migrate } from '../../platform/db/migrate.ts';
import { openDatabase } from '../../platform/db/open.ts';
import { migrations } from '../../schema/migrations/all.ts';
import type { Database, Tables } from '../../schema/schema.ts';
import { openCounts, openCountsOfRuns } from './counts.store.ts';
import { anyQueuedOfRun, heldByAgent, listExecutions, offeredRows, openOfAgent, openOfRun } from './executions.store.ts';
import { openRows } from './queue.store.ts';
import { shiftOpen } from './time-shift.store.ts';

/** Open and final executions have indexes of their own. Whoever asks by a state says whether it is open: wrongly said, it finds nothing. */

let dataDir: string;
let db: Database;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'muster-open-and-ended-'));
  db = await openDatabase<Tables>({ dataDir });
  const before = migrations.slice(
    0,
    migrations.findIndex(({ name }) => name === '0015_open_and_ended'),
  );
  await migrate(db, before, Date.now);
  // the half of the history that an older version wrote
  await write('old');
  await migrate(db, migrations, Date.now);
  await write('new');
});
afterEach(async () => {
  await db.close();
  await rm(dataDir, { recursive: true, force: true });
});

test.each(executionStates)('executions that are %s are found, of a run, of an agent, and of all', async (state) => {
  const idsOf = async (filter: Parameters<typeof listExecutions>[1]): Promise<string[]> =>
    (await listExecutions(db.read, { ...filter, state }, undefined, 100)).map(({ id }) => id);

  const both = [idOf('old', 'one', state), idOf('new', 'one', state)].sort().reverse();
  expect(await idsOf({ runId: 'run_one' })).toEqual(both);
  expect(await idsOf({ agentId: 'agt_one' })).toEqual(both);
  expect(await idsOf({ taskId: 'tsk_one' })).toEqual(both);
  expect(await idsOf({ runId: 'run_one', agentId: 'agt_two' })).toEqual([]);
  expect(await idsOf({})).toHaveLength(4);
});

test('open work is found, and nothing else, by those who look for it', async () => {
  const states = (rows: readonly { state: ExecutionState }[]): ExecutionState[] => [
    ...new Set(rows.map(({ state }) => state).sort()),
  ];
  expect(states(await openOfRun(db.read, 'run_one'))).toEqual([...openStates].sort());
  expect(states(await openOfAgent(db.read, 'agt_one'))).toEqual([...openStates].sort());
  expect(states(await heldByAgent(db.read, 'agt_one'))).toEqual([...heldStates].sort());
  expect(await openRows(db.read)).toHaveLength(4 * openStates.length);
  expect(states(await offeredRows(db.read))).toEqual(['offered']);
  expect(await anyQueuedOfRun(db.read, 'run_one')).toEqual({ reason: 'slots_full' });
  expect((await openCounts(db.read)).every(({ count }) => count === 4)).toBe(true);
  expect(states(await openCounts(db.read))).toEqual([...openStates].sort());
  expect(await openCountsOfRuns(db.read, ['run_one'])).toHaveLength(openStates.length);
});

test('only what is open moves with the clock', async () => {
  await db.write((writer) => shiftOpen(writer, 1000));
  const rows = await listExecutions(db.read, {}, undefined, 100);
  expect(rows.filter(({ expires_at }) => expires_at === 1001).every(({ open }) => open === 1)).toBe(true);
  expect(rows.filter(({ expires_at }) => expires_at === 1001)).toHaveLength(4 * openStates.length);
});

const idOf = (age: string, which: string, state: ExecutionState): string => `exe_${age}_${which}_${state}`;

async function write(age: 'old' | 'new'): Promise<void> {
  await db.write(async (writer) => {
    // the columns that every version has
    for (const which of ['one', 'two'])
      for (const state of executionStates)
        await sql`INSERT INTO executions (id, run_id, task_id, target, agent_id, agent_name, state, open, reason, expires_at, created_at)
          VALUES (${idOf(age, which, state)}, ${`run_${which}`}, ${`tsk_${which}`}, 'anyone', ${`agt_${which}`}, ${which}, ${state},
            ${isFinal(state) ? 0 : 1}, 'slots_full', 1, 0)`.execute(writer);
  });
}
