import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { DatabaseOptions } from '../open.ts';
import { openDatabase } from '../open.ts';
import type { DatabasePort } from '../port.ts';
import { isUniqueViolation } from '../unique-violation.ts';
import { createScratch, type ScratchTables } from './scratch.ts';

/** A place for one database, made empty and removed with all it holds. */
export type DatabasePlace = { readonly options: DatabaseOptions; remove(): Promise<void> };

/** What every engine must do. An engine's own test file calls this with a way to make it a place. */
export function describePort(engine: string, makePlace: () => Promise<DatabasePlace>): void {
  describe(`the database port on ${engine}`, () => {
    let place: DatabasePlace;
    let db: DatabasePort<ScratchTables>;

    beforeEach(async () => {
      place = await makePlace();
      db = await openDatabase<ScratchTables>(place.options);
      await db.write(async (transaction) => {
        await sql.raw(createScratch).execute(transaction);
      });
    });

    afterEach(async () => {
      await db.close();
      await place.remove();
    });

    const insert = (id: number, text = '') =>
      db.write(async (transaction) => {
        await transaction.insertInto('scratch').values({ id, text }).execute();
        return id;
      });
    const ids = async (port = db) =>
      (await port.read.selectFrom('scratch').select('id').orderBy('id').execute()).map(({ id }) => Number(id));

    test('answers with what the unit returned, once its rows can be read', async () => {
      expect(await insert(7)).toBe(7);
      expect(await ids()).toEqual([7]);
    });

    test('runs units one at a time in the order of the calls, and settles them in that order', async () => {
      const ran: number[] = [];
      const settled: number[] = [];
      const unit = async (n: number) => {
        await db.write(async (transaction) => {
          ran.push(n);
          await transaction.insertInto('scratch').values({ id: n, text: '' }).execute();
          await transaction.selectFrom('scratch').selectAll().execute();
          ran.push(n);
        });
        settled.push(n);
      };
      await Promise.all([1, 2, 3, 4].map(unit));
      expect(ran).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
      expect(settled).toEqual([1, 2, 3, 4]);
    });

    test('lets a unit see what the units before it wrote', async () => {
      const [, count] = await Promise.all([
        insert(1),
        db.write(async (transaction) => (await transaction.selectFrom('scratch').select('id').execute()).length),
      ]);
      expect(count).toBe(1);
    });

    test('writes units of one turn in one transaction: readers see all of them or none', async () => {
      const seen: number[] = [];
      const look = async () => seen.push((await ids()).length);
      await Promise.all([
        insert(1),
        db.write(async (transaction) => {
          await transaction.insertInto('scratch').values({ id: 2, text: '' }).execute();
          void look();
        }),
        insert(3),
      ]);
      await look();
      expect(seen).toEqual([0, 3]);
    });

    test('takes a unit that is asked for during a group into the next group', async () => {
      let inner: Promise<number> | undefined;
      await db.write(async (transaction) => {
        inner = insert(2);
        await transaction.insertInto('scratch').values({ id: 1, text: '' }).execute();
      });
      expect(await ids()).toContain(1);
      expect(await inner).toBe(2);
      expect(await ids()).toEqual([1, 2]);
    });

    test('undoes the whole of a unit that throws, and nothing of its neighbours', async () => {
      const results = await Promise.allSettled([
        insert(1),
        db.write(async (transaction) => {
          await transaction.insertInto('scratch').values({ id: 2, text: '' }).execute();
          throw new Error('changed my mind');
        }),
        insert(3),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((results[1] as PromiseRejectedResult).reason).toHaveProperty('message', 'changed my mind');
      expect(await ids()).toEqual([1, 3]);
    });

    test('rejects only the unit whose query fails', async () => {
      const results = await Promise.allSettled([insert(1), insert(1), insert(2)]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(isUniqueViolation((results[1] as PromiseRejectedResult).reason)).toBe(true);
      expect(await ids()).toEqual([1, 2]);
    });

    test('takes a unit that throws before it returns a promise as one that throws', async () => {
      const throwing = (): Promise<void> => {
        throw new Error('at once');
      };
      await expect(db.write(throwing)).rejects.toThrow('at once');
      expect(await insert(1)).toBe(1);
    });

    test('refuses a query that comes after its unit is over', async () => {
      const kept = await db.write(async (transaction) => ({ transaction }));
      await expect(kept.transaction.insertInto('scratch').values({ id: 1, text: '' }).execute()).rejects.toThrow(/is over/);
      expect(await ids()).toEqual([]);
    });

    test('does not let `read` write', async () => {
      await expect(db.read.insertInto('scratch').values({ id: 1, text: '' }).execute()).rejects.toThrow();
      expect(await ids()).toEqual([]);
    });

    test('writes everything that was asked for before `close`, and refuses what comes after', async () => {
      const asked = [insert(1), insert(2), insert(3)];
      const closing = db.close();
      await expect(insert(4)).rejects.toMatchObject({ code: 'server_stopping' });
      expect(await Promise.all(asked)).toEqual([1, 2, 3]);
      await closing;
      await db.close();
      db = await openDatabase<ScratchTables>(place.options);
      expect(await ids()).toEqual([1, 2, 3]);
    });

    test('refuses with `queue_full` when more units wait than it may hold', async () => {
      await db.close();
      db = await openDatabase<ScratchTables>({
        ...place.options,
        limits: { maxUnitsPerGroup: 2, maxTurnsToGather: 8, maxWaiting: 3 },
      });
      const results = await Promise.allSettled([insert(1), insert(2), insert(3), insert(4)]);
      expect(results[3]).toMatchObject({ status: 'rejected', reason: { code: 'queue_full' } });
      expect(await ids()).toEqual([1, 2, 3]);
    });

    test('has every acknowledged unit, and no half of any, after the process was killed', async () => {
      await db.close();
      const acknowledged = await killAfter(200, place.options);
      db = await openDatabase<ScratchTables>(place.options);
      const held = new Set(await ids());
      expect(acknowledged.filter((unit) => !held.has(unit))).toEqual([]);
      expect([...held].filter((id) => !held.has(-id))).toEqual([]);
    });
  });
}

/** Runs the acknowledging writer, kills it in the midst of its work, and answers what it had acknowledged. */
async function killAfter(lines: number, options: DatabaseOptions): Promise<number[]> {
  const program = fileURLToPath(new URL('./acknowledging-writer.ts', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line));
    if (acknowledged.length === lines) child.kill('SIGKILL');
  }
  await ended;
  return acknowledged;
}
