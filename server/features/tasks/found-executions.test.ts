import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { idFloor } from '../../../shared/ids.ts';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { rowsLookedAt } from './execution-traits.ts';
import { findExecutions } from './found-executions.ts';
import type { ExecutionRow, RunRow } from './rows.ts';

let database: TestDatabase;
const hour = 3_600_000;
const began = Date.UTC(2026, 0, 1);
const count = rowsLookedAt + 2000;
const idAt = (index: number): string =>
  `${idFloor('execution', began + index * 1000).slice(0, -6)}${String(index).padStart(6, '0')}`;

/** Every tenth failed; of these every hundredth for another reason; the first one alone says something of its own. */
beforeAll(async () => {
  database = await openTestDatabase();
  const run = { id: 'run_a', task_id: 'tsk_a', plugin: 'shell' };
  const other = { id: 'run_b', task_id: 'tsk_a', plugin: 'http' };
  await database.db.write(async (writer) => {
    for (const row of [run, other]) await writer.insertInto('runs').values(runRow(row)).execute();
    for (let index = 0; index < count; index += 500)
      await writer
        .insertInto('executions')
        .values(Array.from({ length: 500 }, (_, offset) => executionRow(index + offset)))
        .execute();
  });
});
afterAll(() => database.dispose());

const runRow = (given: Pick<RunRow, 'id' | 'task_id' | 'plugin'>): RunRow =>
  ({
    ...given, task_version: 1, task_name: 'a', trigger: 'adhoc', state: 'failed', owner: 'ALL', plugin_sha256: null, action: 'main', args: '[]', env: '{}',
    policy: '{}', total: 1, open: 0, fired_at: began, created_at: began, finished_at: began, created_by: 'admin', retry_of: null, retry_only: null,
  }) as unknown as RunRow; // biome-ignore format: a row

const executionRow = (index: number): ExecutionRow =>
  ({
    id: idAt(index), run_id: index % 2 === 0 ? 'run_a' : 'run_b', task_id: 'tsk_a', target: 'agent', agent_id: `agt_${index % 3}`, agent_name: `h${index % 3}`,
    state: index % 10 === 0 ? 'failed' : 'succeeded', open: 0, reason: index % 1000 === 0 ? 'time_limit' : 'exit_code', reason_text: null,
    message: index === 0 ? 'Disk 100 % full_ of \\logs: Übel' : 'ended with 1', expires_at: began, created_at: began + index * 1000,
  }) as unknown as ExecutionRow; // biome-ignore format: a row

const find = async (filter: object, traits: object, after?: string, limit = 50) => {
  const { rows, next } = await findExecutions(database.db.read, { filter, traits, after, limit });
  return { ids: rows.map(({ id }) => id), next };
};

describe('executions', () => {
  it('of a time are a range of the history', async () => {
    const { ids } = await find({ since: began + hour, until: began + hour + 5000 }, {});
    expect(ids).toEqual([3604, 3603, 3602, 3601, 3600].map(idAt));
  });

  it('with a trait are found page by page, each once', async () => {
    const found: string[] = [];
    for (let after: string | undefined; ; ) {
      const { ids, next } = await find({ state: 'failed' }, { reason: 'time_limit' }, after, 3);
      found.push(...ids);
      if (next === null) break;
      after = next;
    }
    expect(found).toEqual(Array.from({ length: count / 1000 }, (_, index) => idAt(count - 1000 * (index + 1))));
  });

  it('with a rare trait are looked for among so many rows at a time, and the next look goes on where the last one ended', async () => {
    const first = await find({}, { text: 'disk 100 % FULL_ of \\' });
    expect(first).toEqual({ ids: [], next: idAt(count - rowsLookedAt) });
    expect(await find({}, { text: 'disk 100 % FULL_ of \\' }, first.next ?? undefined)).toEqual({ ids: [idAt(0)], next: null });
  });

  it('that have no such words are not there, also where a wildcard would find them', async () => {
    expect((await find({ until: began + hour }, { text: 'ended_with' })).ids).toEqual([]);
    expect((await find({ until: began + hour }, { text: '%' })).ids).toEqual([idAt(0)]);
  });

  it('are found by words in the letters of any script', async () => {
    expect((await find({ until: began + hour }, { text: 'Übel' })).ids).toEqual([idAt(0)]);
  });

  it('of a plugin are those of its runs', async () => {
    const { ids } = await find({ agentId: 'agt_0', until: began + 20_000 }, { plugin: 'http' });
    expect(ids).toEqual([15, 9, 3].map(idAt));
  });
});
