import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { createWelcome, type Welcome } from './welcome.service.ts';

let database: TestDatabase;
let hosts: { id: string; name: string; status: string }[];
let run: { id: string; taskName: string } | undefined;
beforeEach(async () => {
  database = await openTestDatabase();
  hosts = [];
  run = undefined;
});
afterEach(() => database.dispose());

const host = (name: string) => ({ id: `agt_${name}`, name, status: 'Online' });
const welcome = (): Welcome =>
  createWelcome({ db: database.db, clock: createFakeClock(), hosts: () => hosts, newestRun: async () => run });

describe('the welcome', () => {
  test('ticks each step when the server can see that it is done', async () => {
    const { steps } = welcome();
    expect(await steps(false)).toEqual({ firstHost: null, firstRun: null, furtherHosts: [], done: false });
    hosts = [host('a')];
    run = { id: 'run_1', taskName: 'uptime' };
    expect(await steps(false)).toMatchObject({ firstHost: 'a', firstRun: { id: 'run_1', name: 'uptime' }, done: false });
    hosts = [host('a'), host('b'), host('c')];
    expect(await steps(true)).toMatchObject({ furtherHosts: [{ name: 'c' }, { name: 'b' }], done: true });
  });

  test('goes when all is done, but not from under the eyes of who sees the last step done', async () => {
    const own = welcome();
    hosts = [host('a'), host('b')];
    run = { id: 'run_1', taskName: 'uptime' };
    expect(await own.steps(true)).toMatchObject({ done: true });
    expect(await own.steps(true)).toMatchObject({ done: true });
    expect(await own.steps(false)).toBeNull();
  });

  test('once gone stays gone: after a restart, and when a host is removed', async () => {
    hosts = [host('a'), host('b')];
    run = { id: 'run_1', taskName: 'uptime' };
    await welcome().steps(false);
    hosts = [host('a')];
    expect(await welcome().steps(false)).toBeNull();
  });

  test('can be dismissed at any time, for good', async () => {
    const own = welcome();
    await own.steps(false);
    await own.dismiss({ name: 'admin' } as Actor);
    expect(await own.steps(true)).toBeNull();
    expect(await welcome().steps(true)).toBeNull();
  });
});
