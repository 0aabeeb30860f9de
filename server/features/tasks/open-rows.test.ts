import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';
import type { Database } from '../../schema/schema.ts';
import { findExecution } from './executions.store.ts';
import { createLedger, type Ledger, type LedgerUnit } from './ledger.ts';
import { createOpenRows, type OpenRows } from './open-rows.ts';
import type { ExecutionRow } from './rows.ts';

let world: TestLedger;
let web: ScriptedAgent;
let openRows: OpenRows;
let ledger: Ledger;
let id: string;
beforeEach(async () => {
  world = await openTestLedger();
  web = world.agent('web', { connected: false });
  const { run } = await world.post({ owner: 'web' });
  const row = await world.db.read
    .selectFrom('executions')
    .select('id')
    .where('run_id', '=', run?.id ?? '')
    .executeTakeFirst();
  id = row?.id ?? '';
  openRows = createOpenRows();
  ledger = ledgerOn(world.db);
});
afterEach(() => world.dispose());

const ledgerOn = (db: Database): Ledger =>
  createLedger({ db, clock: world.serverClock, events: world.events, openRows, onCommitted: () => undefined });

async function rename(unit: LedgerUnit, text: string): Promise<ExecutionRow> {
  const row = await unit.find(id);
  if (row === undefined) throw new Error('it is not there');
  return unit.touch(row, { reason_text: text });
}
const textNow = (): Promise<string | null | undefined> => ledger.write(async (unit) => (await unit.find(id))?.reason_text);
const stored = async (): Promise<ExecutionRow | undefined> => findExecution(world.db.read, id);

test('what a unit wrote is what the next one finds, and what the row says', async () => {
  await ledger.write((unit) => rename(unit, 'one'));
  const kept = openRows.get(id);
  expect(kept).toEqual(await stored());
  expect(await ledger.write((unit) => unit.find(id))).toBe(kept);
});

test('a unit finds what it wrote itself', async () => {
  const texts = await ledger.write(async (unit) => {
    await rename(unit, 'one');
    await rename(unit, 'two');
    return (await unit.find(id))?.reason_text;
  });
  expect(texts).toBe('two');
});

test('a unit that fails is not seen by those that share its commit, nor later', async () => {
  const failing = async (unit: LedgerUnit) => {
    await rename(unit, 'never');
    throw new Error('it failed');
  };
  const [, failed, seen] = await Promise.allSettled([
    ledger.write((unit) => rename(unit, 'one')),
    ledger.write(failing),
    textNow(),
  ]);
  expect(failed.status).toBe('rejected');
  expect(seen).toMatchObject({ value: 'one' });
  expect(await textNow()).toBe('one');
  expect((await stored())?.reason_text).toBe('one');
});

test('what was not committed after all is forgotten', async () => {
  await ledger.write((unit) => rename(unit, 'one'));
  // the work is done, and then the commit fails
  const broken: Database = {
    ...world.db,
    write: async (work) => {
      await world.db.write(async (writer) => {
        await work(writer);
        throw new Error('the disk is full');
      });
      throw new Error('it was committed');
    },
  };
  await expect(ledgerOn(broken).write((unit) => rename(unit, 'never'))).rejects.toThrow('the disk is full');
  expect(openRows.get(id)).toBeUndefined();
  expect(await textNow()).toBe('one');
});

test('a unit that was given up is not believed when it ends after all', async () => {
  let goOn: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let isOver: Promise<unknown> = Promise.resolve();
  const work = async (unit: LedgerUnit) => {
    await rename(unit, 'never');
    // not a query: the event loop turns, and the unit is rolled back
    await waiting;
  };
  await expect(
    ledger.write((unit) => {
      isOver = work(unit);
      return isOver;
    }),
  ).rejects.toMatchObject({ code: 'internal' });
  goOn();
  await isOver;
  await Promise.resolve();
  expect(openRows.get(id)).toBeUndefined();
  expect(await textNow()).not.toBe('never');
});

test('where the clock is set, times on the rows move for the units that follow', async () => {
  world.clock.set(world.clock.now() + 7_200_000);
  await world.look();
  await web.connect();
  await world.settle();
  // by the row as it was, it expired an hour ago
  expect(await stored()).toMatchObject({ state: 'offered', agent_id: web.id });
});

test('final rows are not kept, and of the open ones the newest', () => {
  const row = (name: string, open: 0 | 1 = 1): ExecutionRow => ({ id: name, open }) as ExecutionRow;
  const rows = createOpenRows(2);
  rows.put([row('a'), row('b')]);
  rows.put([row('a'), row('c')]);
  expect(['a', 'b', 'c'].map((name) => rows.get(name)?.id)).toEqual(['a', undefined, 'c']);
  rows.put([row('a', 0)]);
  expect(rows.get('a')).toBeUndefined();
  rows.forget(['c', 'unknown']);
  expect(rows.get('c')).toBeUndefined();
});

test('a row with long texts is not kept, nor what it was before', () => {
  const row = (message: string | null): ExecutionRow => ({ id: 'a', open: 1, message }) as ExecutionRow;
  const rows = createOpenRows();
  rows.put([row('short')]);
  expect(rows.get('a')?.message).toBe('short');
  rows.put([row('x'.repeat(8192))]);
  expect(rows.get('a')).toBeUndefined();
});
