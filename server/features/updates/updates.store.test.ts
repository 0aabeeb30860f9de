import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newUpdate } from '../../../shared/api/updates.ts';
import type { HostUpdateState } from '../../../shared/update-states.ts';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { queryPlan } from '../../platform/db/sqlite/query-plan.ts';
import { waitingRow } from './offers.ts';
import { changeHosts, findHosts, insertHosts, overdueHosts, shiftDeadlines, waitingHosts } from './update-hosts.store.ts';
import { countHosts, deleteOldUpdates, findInForce, insertUpdate } from './updates.store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.dispose());

const updateRow = (id: string, state: 'running' | 'ended' = 'ended') => ({
  id,
  release: '{}',
  settings: JSON.stringify(newUpdate.parse({})),
  state,
  reason: '',
  waves: '[]',
  next_wave_at: null,
  forgiven: 0,
  created_at: 0,
  created_by: 'ann',
  finished_at: null,
});
const host = (updateId: string, number: number, wave: number, state: HostUpdateState = 'waiting') => ({
  ...waitingRow(updateId, { id: `agt_${String(number).padStart(5, '0')}`, name: `h${number}` }, wave, 0),
  state,
});

describe('the rows of updates', () => {
  it('never hold two updates in force', async () => {
    const { db } = database;
    await db.write((writer) => insertUpdate(writer, updateRow('upd_a', 'running')));
    await expect(db.write((writer) => insertUpdate(writer, updateRow('upd_b', 'running')))).rejects.toThrow(/UNIQUE/);
    expect((await findInForce(db.read))?.id).toBe('upd_a');
    await db.write((writer) => insertUpdate(writer, updateRow('upd_0')));
  });

  it('are written and counted in bulk, and change only from the state that was seen', async () => {
    const { db } = database;
    const rows = Array.from({ length: 2000 }, (_, number) => host('upd_a', number, number % 4));
    await db.write((writer) => insertHosts(writer, [...rows, ...rows.slice(0, 10)]));
    const some = rows.slice(0, 1200).map(({ agent_id }) => agent_id);
    const change = { state: 'offered', deadline_at: 50 } as const;
    expect(await db.write((writer) => changeHosts(writer, 'upd_a', some, 'waiting', change))).toHaveLength(1200);
    expect(await db.write((writer) => changeHosts(writer, 'upd_a', some, 'waiting', change))).toEqual([]);
    const counts = await countHosts(db.read, ['upd_a', 'upd_0']);
    expect(counts.filter(({ wave }) => wave === 0).map(({ state, count }) => [state, Number(count)])).toEqual([['offered', 300], ['waiting', 200]]); // biome-ignore format: pairs
    expect((await waitingHosts(db.read, 'upd_a', 1)).map(({ wave }) => wave)).toEqual([
      ...Array(200).fill(0),
      ...Array(200).fill(1),
    ]);
    expect(await findHosts(db.read, 'upd_a', ['agt_none', ...some])).toHaveLength(1200);
  });

  it('are due when their deadline has come, which moves with the clock', async () => {
    const { db } = database;
    expect(await overdueHosts(db.read, 49, 500)).toEqual([]);
    expect(await overdueHosts(db.read, 50, 500)).toHaveLength(500);
    await db.write((writer) => shiftDeadlines(writer, 1000));
    expect(await overdueHosts(db.read, 1049, 500)).toEqual([]);
    expect(await overdueHosts(db.read, 1050, 500)).toHaveLength(500);
  });

  it('of old updates go with their hosts, and never those in force', async () => {
    const { db } = database;
    await db.write(async (writer) => {
      for (let number = 1; number <= 5; number += 1) {
        await insertUpdate(writer, updateRow(`upd_1${number}`));
        await insertHosts(writer, [host(`upd_1${number}`, 1, 0)]);
      }
      await deleteOldUpdates(writer, 2);
    });
    const left = await db.read.selectFrom('agent_updates').select('id').orderBy('id').execute();
    expect(left.map(({ id }) => id)).toEqual(['upd_14', 'upd_15', 'upd_a']);
    expect((await countHosts(db.read, ['upd_11', 'upd_15'])).map(({ update_id }) => update_id)).toEqual(['upd_15']);
  });

  it('are found by their indexes, in a fleet of any size', async () => {
    const { read } = database.db;
    const hosts = read.selectFrom('agent_update_hosts');
    const ofUpdate = hosts.where('update_id', '=', 'upd_a');
    const plans = {
      counts: await queryPlan(
        read,
        hosts
          .select(({ fn }) => ['update_id', 'wave', 'state', fn.countAll().as('n')])
          .where('update_id', 'in', ['upd_a'])
          .groupBy(['update_id', 'wave', 'state']),
      ),
      underWay: await queryPlan(read, ofUpdate.selectAll().where('state', 'in', ['offered', 'ready'])),
      waiting: await queryPlan(
        read,
        ofUpdate
          .select(['agent_id', 'wave'])
          .where('wave', 'in', [0, 1])
          .where('state', '=', 'waiting')
          .orderBy('wave')
          .orderBy('agent_id'),
      ),
      overdue: await queryPlan(read, hosts.selectAll().where('deadline_at', '<=', 5).orderBy('deadline_at').limit(10)),
      byState: await queryPlan(read, ofUpdate.selectAll().where('state', '=', 'failed').orderBy('agent_id', 'desc').limit(10)),
      all: await queryPlan(read, ofUpdate.selectAll().where('agent_id', '<', 'x').orderBy('agent_id', 'desc').limit(10)),
    };
    for (const [name, plan] of Object.entries(plans)) {
      expect([name, plan.filter((line) => /^SCAN agent_update_hosts$|USE TEMP B-TREE/.test(line))]).toEqual([name, []]);
    }
    expect(plans.counts[0]).toContain('COVERING INDEX agent_update_hosts_by_wave');
  });
});
