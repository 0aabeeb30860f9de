import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CompiledQuery } from 'kysely';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { createDialect } from '../../platform/db/sqlite/dialect.ts';
import { queryPlan } from '../../platform/db/sqlite/query-plan.ts';
import type { Tables, Writer } from '../../schema/schema.ts';
import * as logs from '../logs/logs.store.ts';
import * as attempts from './attempts.store.ts';
import * as counts from './counts.store.ts';
import * as executions from './executions.store.ts';
import * as finder from './finder.store.ts';
import * as fold from './fold.store.ts';
import * as found from './found-executions.store.ts';
import * as gates from './gates.store.ts';
import * as lastRuns from './last-runs.store.ts';
import * as late from './late-results.store.ts';
import * as named from './named-tasks.store.ts';
import * as planned from './planned.store.ts';
import * as queue from './queue.store.ts';
import * as runs from './runs.store.ts';
import * as tasks from './tasks.store.ts';
import * as times from './time-shift.store.ts';

/** Every query of these stores must stay quick with ten million rows: found by an index, and in the order in which the index gives them. */

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.dispose());

type Stores = Record<string, Record<string, unknown>>;
const stores: Stores = {
  tasks,
  runs,
  executions,
  queue,
  counts,
  attempts,
  logs,
  late,
  times,
  gates,
  finder,
  found,
  fold,
  lastRuns,
  named,
  planned,
};

const row = { id: 'x', state: 'queued', attempt: 1 } as never;
const states = ['queued', 'running', 'succeeded'] as const;

/** How each of the exported functions is called: all the ways in which its query can look. */
const calls: Record<string, ((db: Writer) => unknown)[]> = {
  findTask: [(db) => tasks.findTask(db, 'x')],
  insertTask: [(db) => tasks.insertTask(db, row)],
  updateTask: [(db) => tasks.updateTask(db, 'x', { next_fire_at: 1 })],
  noteFiring: [(db) => tasks.noteFiring(db, { id: 'x', status: 'active', next_fire_at: 1, last_run_id: 'run_x' })],
  insertTaskVersion: [
    (db) => tasks.insertTaskVersion(db, { task_id: 'x', version: 1, definition: '', replaced_at: 0, replaced_by: '' }),
  ],
  taskVersions: [(db) => tasks.taskVersions(db, 'x', 9, 10)],
  namedTasks: [(db) => named.namedTasks(db, { from: 'a', before: 'b' }, 10)],
  olderNamesakes: [(db) => named.olderNamesakes(db, 'a', 'tsk_x', 10)],
  nameOfTask: [(db) => named.nameOfTask(db, 'x')],
  tasksOfIds: [(db) => named.tasksOfIds(db, ['x', 'y'])],
  lastRunsOf: [(db) => lastRuns.lastRunsOf(db, ['x'], 8), (db) => lastRuns.lastRunsOf(db, ['x', 'y', 'z'], 8)],
  plannedTasks: [(db) => planned.plannedTasks(db, 1, 10)],
  pausedTasks: [(db) => planned.pausedTasks(db, 10)],
  unrunSince: [(db) => planned.unrunSince(db, 'skipped', 1, 10)],
  dueTasks: [(db) => tasks.dueTasks(db, 1, 10)],
  nextDueAt: [(db) => tasks.nextDueAt(db)],
  pinnedBundles: [(db) => tasks.pinnedBundles(db)],
  listTasks: [undefined, 'tsk_x']
    .flatMap((after) =>
      subsets({ status: ['active', 'done'], type: ['Adhoc'], plugin: ['x'] }).map(
        (filter) => (db: Writer) => tasks.listTasks(db, filter, after, 10),
      ),
    )
    .concat(
      [{ status: 'active' }, { type: 'Interval', plugin: 'x' }, { status: 'paused', type: 'Scheduled' }].map(
        (filter) => (db: Writer) => tasks.listTasks(db, filter as never, 'tsk_x', 10, { from: 'a', before: 'b' }),
      ),
    ),
  findRun: [(db) => runs.findRun(db, 'x')],
  findRuns: [(db) => runs.findRuns(db, ['x', 'y'])],
  insertRun: [(db) => runs.insertRun(db, row)],
  countEnded: [(db) => runs.countEnded(db, 'x', 'lost')],
  finishRun: [(db) => runs.finishRun(db, 'x', 'failed', 1)],
  endSingle: [(db) => runs.endSingle(db, 'x', 'lost', 'failed', 1)],
  activeRunOf: [(db) => runs.activeRunOf(db, 'x')],
  oldestActiveRunOf: [(db) => runs.oldestActiveRunOf(db, 'x')],
  activeRunsOf: [(db) => runs.activeRunsOf(db, 'x', 10)],
  runOfFiring: [(db) => runs.runOfFiring(db, 'x', 1)],
  openBundles: [(db) => runs.openBundles(db)],
  countActiveRuns: [(db) => runs.countActiveRuns(db)],
  failedSince: [(db) => runs.failedSince(db, 1, 10)],
  listRuns: [undefined, 'run_x'].flatMap((after) =>
    subsets({ taskId: ['x'], state: ['active', 'failed'], plugin: ['x'] }).map(
      (filter) => (db: Writer) => runs.listRuns(db, filter, after, 10),
    ),
  ),
  findExecution: [(db) => executions.findExecution(db, 'x')],
  heldByAgent: [(db) => executions.heldByAgent(db, 'x')],
  openOfAgent: [(db) => executions.openOfAgent(db, 'x')],
  openOfRun: [(db) => executions.openOfRun(db, 'x')],
  anyQueuedOfRun: [(db) => executions.anyQueuedOfRun(db, 'x')],
  waitingInLine: [(db) => executions.waitingInLine(db, 'x')],
  pastDeadline: [(db) => executions.pastDeadline(db, 1, 10)],
  heldPastDeadline: [(db) => executions.heldPastDeadline(db, 1, 10)],
  offeredRows: [(db) => executions.offeredRows(db)],
  listExecutions: [undefined, 'exe_x'].flatMap((after) =>
    subsets({ runId: ['x'], taskId: ['x'], agentId: ['x'], state: states }).map(
      (filter) => (db: Writer) => executions.listExecutions(db, filter, after, 10),
    ),
  ),
  filteredExecutions: [
    (db) =>
      executions
        .filteredExecutions(db, { agentId: 'x', state: 'failed', since: 1, until: 2 }, 'exe_x')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(10)
        .execute(),
  ],
  executionsWithTraits: subsets({ plugin: ['x'], reason: ['exit_code'], text: ['x'] }).flatMap((traits) =>
    subsets({ runId: ['x'], taskId: ['x'], agentId: ['x'], state: ['failed'] }).map(
      (filter) => (db: Writer) => found.executionsWithTraits(db, filter, traits, undefined, 10),
    ),
  ),
  endOfLook: [(db) => found.endOfLook(db, { agentId: 'x' }, 'exe_x'), (db) => found.endOfLook(db, {}, undefined)],
  executionsOfIds: [(db) => found.executionsOfIds(db, ['x', 'y'])],
  insertExecutions: [(db) => executions.insertExecutions(db, [row]), (db) => executions.insertExecutions(db, [row, row])],
  createUpdateExecution: [(db) => executions.createUpdateExecution()(db, row, { ...(row as object), state: 'offered' } as never)],
  readyFor: [(db) => queue.readyFor(db, 'x', 1, 10)],
  readyForEach: [(db) => queue.readyForEach(db, ['x', 'y'], 1)],
  readyForAnyone: [(db) => queue.readyForAnyone(db, 1, 10, 'exe_x')],
  openRows: [(db) => queue.openRows(db)],
  openCountsOfRuns: [(db) => counts.openCountsOfRuns(db, ['x']), (db) => counts.openCountsOfRuns(db, ['x', 'y', 'z'])],
  openCounts: [(db) => counts.openCounts(db)],
  attemptsOf: [(db) => attempts.attemptsOf(db, 'x')],
  insertAttempt: [(db) => attempts.insertAttempt(db, { execution_id: 'x', attempt: 1 } as never)],
  pruneUnstarted: [(db) => attempts.pruneUnstarted(db, 'x', 30)],
  latestAttempts: [(db) => attempts.latestAttempts(db, 'x')],
  unstartedSince: [(db) => attempts.unstartedSince(db, 'x')],
  insertLateResult: [(db) => late.insertLateResult(db, { execution_id: 'x', attempt: 1 } as never)],
  hasLateResult: [(db) => late.hasLateResult(db, 'x', 1)],
  lateResultsOf: [(db) => late.lateResultsOf(db, 'x')],
  findAttempt: [(db) => late.findAttempt(db, 'x', 1)],
  noteLateCut: [(db) => late.noteLateCut(db, 'x', 1)],
  insertGates: [(db) => gates.insertGates(db, ['x'], [{ gate: 'lock:a', capacity: 1 }])],
  holdGates: [(db) => gates.holdGates(db, 'x', 1)],
  removeGates: [(db) => gates.removeGates(db, 'x')],
  gateRowsOf: [(db) => gates.gateRowsOf(db, ['x', 'y'])],
  countHolders: [(db) => gates.countHolders(db, 'lock:a')],
  lineAt: [(db) => gates.lineAt(db, 'lock:a', 0, 'exe_x', 10)],
  gatesOfQueue: [(db) => gates.gatesOfQueue(db, 'x', 10), (db) => gates.gatesOfQueue(db, null, 10)],
  gateAfter: [(db) => gates.gateAfter(db, 'lock:')],
  countWaiting: [(db) => gates.countWaiting(db, 'lock:a', 10)],
  holdersOf: [(db) => gates.holdersOf(db, 'lock:a', 10)],
  largestCapacity: [(db) => gates.largestCapacity(db, 'lock:a')],
  shiftOpen: [(db) => times.shiftOpen(db, 1)],
  postponeHeld: [(db) => times.postponeHeld(db, 1)],
  shiftIntervals: [(db) => times.shiftIntervals(db, 1)],
  scheduledTasks: [(db) => times.scheduledTasks(db)],
  shiftSightings: [(db) => times.shiftSightings(db, 1)],
  seenTime: [(db) => times.seenTime(db)],
  saveSeenTime: [(db) => times.saveSeenTime(db, 1)],
  foldRows: [(db) => fold.foldRows(db, 'x', 'exe_x', 10)],
  gridRows: [(db) => fold.gridRows(db, 'x', 'exe_x', 10)],
  firstNamed: [(db) => finder.firstNamed(db, 'a', 'b')],
  newestOfStatus: [(db) => finder.newestOfStatus(db, 'active', 10)],
  tasksFrom: [(db) => finder.tasksFrom(db, 'tsk_x', 'tsk_x~', 10)],
  runsFrom: [(db) => finder.runsFrom(db, 'run_x', 'run_x~', 10)],
  newestRunsOf: [(db) => finder.newestRunsOf(db, ['x', 'y'])],
  executionsFrom: [(db) => finder.executionsFrom(db, 'exe_x', 'exe_x~', 10)],
  nextFirings: [(db) => finder.nextFirings(db, 10)],
  countFailedSince: [(db) => finder.countFailedSince(db, 'run_x', 1000)],
  firstChunks: [(db) => logs.firstChunks(db, 'x', 10)],
  deleteChunks: [(db) => logs.deleteChunks(db, 'x', 10)],
  lateEnd: [(db) => logs.lateEnd(db, 'x', 1)],
  noteLateSize: [(db) => logs.noteLateSize(db, 'x', 1)],
  logSize: [(db) => logs.logSize(db, 'x')],
  logSizes: [(db) => logs.logSizes(db, ['x', 'y'])],
  insertChunk: [(db) => logs.insertChunk(db, row)],
  chunkAt: [(db) => logs.chunkAt(db, 'x', 1)],
  chunksAfter: [(db) => logs.chunksAfter(db, 'x', 1, 10)],
  writerOf: [(db) => logs.writerOf(db, 'x')],
  outputLimit: [(db) => logs.outputLimit(db, 'x')],
};

/** Lists without a filter walk along the primary key, and stop after a page or a look (`looked` has a limit); rows that are written are no table; all agents are moved. */
const harmless =
  /^SCAN ((tasks|runs|executions) USING (COVERING )?INDEX sqlite_autoindex_\w+_1|waiting|looked|failed_lately|\d+-ROW VALUES CLAUSE|agents|server_clock|json_each VIRTUAL TABLE INDEX .*)$/;

describe.each(Object.entries(stores))('the store of %s', (_name, store) => {
  const functions = Object.keys(store).filter((name) => typeof store[name] === 'function');

  test.each(functions)('%s needs no scan and no sort', async (name) => {
    const queries: CompiledQuery[] = [];
    const recorder = recorderOf(queries);
    for (const call of calls[name] ?? []) await call(recorder);
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) {
      const plan = await queryPlan(database.db.read, { compile: () => query });
      const isSlow = (step: string): boolean => (step.startsWith('SCAN') && !harmless.test(step)) || step.includes('TEMP B-TREE');
      const bad = plan.filter(isSlow);
      expect({ sql: query.sql, bad }).toEqual({ sql: query.sql, bad: [] });
    }
  });
});

test.each([
  ['what an agent holds', (db: Writer) => executions.heldByAgent(db, 'x'), 'executions_open_by_agent (agent_id=? AND state=?)'],
  [
    'what waits for an agent',
    (db: Writer) => queue.readyFor(db, 'x', 1, 10),
    'executions_ungated (agent_id=? AND state=? AND open=?)',
  ],
  [
    'what waits for some agents',
    (db: Writer) => queue.readyForEach(db, ['x', 'y'], 1),
    'executions_ungated (agent_id=? AND state=? AND open=?)',
  ],
  [
    'the gates of a queue',
    (db: Writer) => gates.gatesOfQueue(db, 'x', 10),
    'executions_gated (agent_id=? AND state=? AND open=?)',
  ],
  [
    'a line at a gate',
    (db: Writer) => gates.lineAt(db, 'a', 0, '', 10),
    'execution_gates_line (gate=? AND held=? AND execution_id>?)',
  ],
  ['who holds a gate', (db: Writer) => gates.countHolders(db, 'a'), 'COVERING INDEX execution_gates_line (gate=? AND held=?)'],
  ['the active run of a task', (db: Writer) => runs.activeRunOf(db, 'x'), 'runs_by_task_state (task_id=? AND state=?)'],
  ['counts of what is open', (db: Writer) => counts.openCounts(db), 'executions_open_by_state (state=?)'],
  [
    'failed executions of an agent',
    (db: Writer) => executions.listExecutions(db, { agentId: 'x', state: 'failed' }, undefined, 10),
    'executions_ended_by_agent (agent_id=? AND state=?)',
  ],
  [
    'running executions of an agent',
    (db: Writer) => executions.listExecutions(db, { agentId: 'x', state: 'running' }, undefined, 10),
    'executions_open_by_agent (agent_id=? AND state=?)',
  ],
  [
    'lost executions of a run',
    (db: Writer) => executions.listExecutions(db, { runId: 'x', state: 'lost' }, undefined, 10),
    'executions_ended_by_run (run_id=? AND state=?)',
  ],
  [
    'queued executions of a run',
    (db: Writer) => executions.listExecutions(db, { runId: 'x', state: 'queued' }, undefined, 10),
    'executions_open_by_run (run_id=? AND state=?)',
  ],
  [
    'all executions that succeeded',
    (db: Writer) => executions.listExecutions(db, { state: 'succeeded' }, undefined, 10),
    'executions_ended_by_state (state=?)',
  ],
  [
    'all executions that are unknown',
    (db: Writer) => executions.listExecutions(db, { state: 'unknown' }, undefined, 10),
    'executions_open_by_state (state=?)',
  ],
  [
    'executions of a run and an agent',
    (db: Writer) => executions.listExecutions(db, { runId: 'x', agentId: 'y' }, undefined, 10),
    'executions_by_run (run_id=?)',
  ],
])('%s: found without a walk through history', async (_what, call, index) => {
  const queries: CompiledQuery[] = [];
  await call(recorderOf(queries));
  const [query] = queries as [CompiledQuery];
  expect((await queryPlan(database.db.read, { compile: () => query })).join()).toContain(index);
});

/** A database that answers nothing, and notes what it is asked. */
function recorderOf(queries: CompiledQuery[]): Writer {
  const connection = {
    async executeQuery(query: CompiledQuery) {
      queries.push(query);
      return query.sql.startsWith('select') ? { rows: [] } : { rows: [], numAffectedRows: 0n };
    },
    // biome-ignore lint/correctness/useYield: the interface wants a generator
    async *streamQuery() {
      throw new Error('nothing is streamed');
    },
  };
  return createDialect().transaction<Tables>(connection, () => undefined);
}

/** Every way to give some of these fields, each with one of its values. */
function subsets<Field extends string>(fields: Record<Field, readonly string[]>): { readonly [F in Field]?: never }[] {
  let filters: Record<string, string>[] = [{}];
  for (const [field, values] of Object.entries<readonly string[]>(fields))
    filters = filters.flatMap((filter) => [filter, ...values.map((value) => ({ ...filter, [field]: value }))]);
  return filters as never;
}
