import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Offer } from '../../../shared/protocol.ts';
import { openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';
import { queryPlan } from '../../platform/db/sqlite/query-plan.ts';
import { createLogs } from '../logs/logs.service.ts';
import { createRetention, dayMs, type Removed, type RetentionLimits } from './retention.service.ts';
import { executionsOfRun, oldestLog, oldestRuns, runBehind } from './retention.store.ts';

let ledger: TestLedger;
let web: ScriptedAgent;
beforeEach(async () => {
  ledger = await openTestLedger();
  web = ledger.agent('web', { slots: 100 });
});
afterEach(() => ledger.dispose());

const forEver: RetentionLimits = { keepLogsDays: 0, keepRunsCount: 0, keepRunsDays: 0 };
const going = new AbortController().signal;

function pass(limits: Partial<RetentionLimits>, signal = going, pause = async () => undefined as void): Promise<Removed> {
  const { db, clock, events } = ledger;
  const { removeIn: removeLogIn } = createLogs({ db, clock, events });
  return createRetention({ db, clock, limits: { ...forEver, ...limits }, removeLogIn, pause }).pass(signal);
}

/** A task that ran, and printed so many chunks. @returns its offer */
async function work(chunks: number, input: Record<string, unknown> = {}): Promise<Offer> {
  await ledger.post({ owner: 'web', ...input });
  await ledger.settle();
  const offer = web.offers().at(-1) as Offer;
  const { execution, attempt } = offer;
  await web.accept(offer);
  for (let offset = 0; offset < chunks; offset += 1)
    await web.say({ type: 'log', execution, attempt, offset, stream: 'out', at: 0, text: '.' });
  await web.end(offer, { logSize: chunks });
  return offer;
}

const later = async (ms: number): Promise<void> => {
  ledger.clock.set(ledger.clock.now() + ms);
  await ledger.look();
};

const count = async (table: 'runs' | 'executions' | 'attempts' | 'log_chunks' | 'tasks' | 'task_versions'): Promise<number> =>
  Number(
    (
      await ledger.db.read
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .executeTakeFirst()
    )?.n,
  );

test('a run that ended long ago goes with its executions, its log and its task; what is open stays, however old', async () => {
  await work(250);
  const [open] = [await ledger.post({ owner: 'web' })];
  await ledger.settle();
  await web.accept(web.offers().at(-1) as Offer);
  await later(90 * dayMs + 1);
  await work(1);
  expect(await pass({ keepRunsDays: 90 })).toEqual({ logs: 0, executions: 1, runs: 1, tasks: 1 });
  expect([await count('runs'), await count('executions'), await count('tasks'), await count('log_chunks')]).toEqual([2, 2, 2, 1]);
  expect((await ledger.feature.runs.get(open?.run?.id ?? '')).state).toBe('active');
  expect(await pass({ keepRunsDays: 90 })).toEqual({ logs: 0, executions: 0, runs: 0, tasks: 0 });
});

test('a task that will fire again stays, and no longer names a run that is gone', async () => {
  const { task } = await ledger.post({ owner: 'web', type: 'Interval', everySeconds: 86_400 });
  const run = await ledger.feature.tasks.run(task.id, { name: 'admin', role: 'admin' } as never);
  await ledger.settle();
  const offer = web.offers().at(-1) as Offer;
  await web.accept(offer);
  await web.end(offer);
  expect((await ledger.feature.tasks.get(task.id)).lastRunId).toBe(run.id);
  await later(2 * dayMs);
  expect(await pass({ keepRunsDays: 1 })).toMatchObject({ runs: 1, tasks: 0 });
  expect((await ledger.feature.tasks.get(task.id)).lastRunId).toBeNull();
});

test('by count, the newest ends stay', async () => {
  const offers: Offer[] = [];
  for (let i = 0; i < 7; i += 1) {
    offers.push(await work(1));
    await later(1000);
  }
  expect(await pass({ keepRunsCount: 3 })).toMatchObject({ runs: 4, executions: 4, tasks: 4 });
  const left = await ledger.db.read.selectFrom('executions').select('id').orderBy('id').execute();
  expect(left.map(({ id }) => id)).toEqual(offers.slice(4).map(({ execution }) => execution));
  expect(await pass({ keepRunsCount: 3 })).toMatchObject({ runs: 0 });
});

test('a log goes before its run, and the execution says that it was there', async () => {
  const { execution } = await work(250);
  await later(30 * dayMs + 1);
  const fresh = await work(2);
  expect(await pass({ keepLogsDays: 30, keepRunsDays: 90 })).toEqual({ logs: 1, executions: 0, runs: 0, tasks: 0 });
  expect(await ledger.feature.executions.get(execution)).toMatchObject({
    state: 'succeeded',
    logBytes: 250,
    logRemovedAt: new Date(ledger.clock.now()).toISOString(),
  });
  expect(await ledger.feature.executions.get(fresh.execution)).toMatchObject({ logBytes: 2, logRemovedAt: null });
  expect(await count('log_chunks')).toBe(2);
});

test('a pass that is stopped anywhere leaves what the next one finishes', async () => {
  await work(650);
  await work(650);
  await later(100 * dayMs);
  let passes = 0;
  for (; (await count('runs')) > 0; passes += 1) {
    const stop = new AbortController();
    await pass({ keepRunsDays: 90 }, stop.signal, async () => stop.abort());
  }
  expect(passes).toBeGreaterThan(3);
  for (const table of ['executions', 'attempts', 'log_chunks', 'tasks'] as const) expect(await count(table)).toBe(0);
});

test('what an agent still says of an execution that is gone is acknowledged', async () => {
  const offer = await work(1);
  await later(100 * dayMs);
  await pass({ keepRunsDays: 90 });
  web.received.length = 0;
  const { execution, attempt } = offer;
  await web.say({ type: 'log', execution, attempt, offset: 1, stream: 'out', at: 0, text: 'late' });
  await web.end(offer, { logSize: 5 });
  expect(web.received).toContainEqual({ type: 'log_ack', execution, attempt, offset: 5 });
  expect(web.received).toContainEqual({ type: 'ack', execution, attempt });
  expect(await ledger.feature.presence.returned(web.id, [{ execution, attempt, state: 'ended', logSize: 5 }])).toMatchObject({
    verdicts: [{ verdict: 'forget' }],
  });
  expect(await count('log_chunks')).toBe(0);
});

test('every step finds its rows by an index', async () => {
  const plans: string[] = [];
  const db = new Proxy(ledger.db.read, {
    get: (target, key) => (key === 'selectFrom' ? (table: never) => spy(target.selectFrom(table)) : Reflect.get(target, key)),
  });
  // each query is explained when it would run
  function spy<T extends object>(query: T): T {
    return new Proxy(query, {
      get(target, key) {
        if (key === 'executeTakeFirst' || key === 'execute')
          return async () => void plans.push(...(await queryPlan(ledger.db.read, target as never)));
        const value = Reflect.get(target, key) as unknown;
        return typeof value === 'function'
          ? (...args: unknown[]) => {
              const result = (value as (...given: unknown[]) => unknown).apply(target, args);
              return typeof result === 'object' && result !== null ? spy(result) : result;
            }
          : value;
      },
    });
  }
  await oldestRuns(db, 5, 25);
  await runBehind(db, { finished_at: 5, id: 'run_' }, 5000);
  await executionsOfRun(db, 'run_', 25);
  await oldestLog(db, 5);
  expect(plans.map((plan) => /USING (COVERING )?INDEX (\w+)/.exec(plan)?.[2])).toEqual([
    'runs_by_end',
    'runs_by_end',
    'executions_by_run',
    'executions_with_log',
  ]);
  expect(plans.filter((plan) => plan.startsWith('SCAN') || plan.includes('TEMP B-TREE'))).toEqual([]);
});
