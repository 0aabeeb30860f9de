import { describe, expect, it } from '@jest/globals';
import { check } from './checker.ts';
import { type Doctored, doctoredFacts } from './checker-doctored.ts';
import type { Facts } from './facts.ts';

const broken = (change: Doctored): string[] => check(doctoredFacts(change)).violations.map(({ promise }) => promise);

describe('the checker', () => {
  it('finds nothing where work and ledger agree', () => {
    expect(check(doctoredFacts({})).violations).toEqual([]);
    expect(check(doctoredFacts({})).logBytes).toBe(Buffer.byteLength('B1 åß→𝄞 .\nB2 åß→𝄞 åß→𝄞 .\n'));
  });

  const succeeded = 'start 1 100\nline 1 110\nline 2 120\nend success 130\n';
  it.each<[what: string, promise: string, change: Doctored]>([
    ['an attempt that was started twice', 'one start per attempt', { files: { 1: `start 9 90\n${succeeded}` } }],
    ['a start that the ledger did not confirm', 'only confirmed work starts', { files: { 1: succeeded, 2: 'start 2 200\n' } }],
    [
      'a start of an offer that was not accepted',
      'only confirmed work starts',
      { row: { started_at: null, state: 'cancelled' }, cancelled: true },
    ],
    [
      'two attempts at the same time',
      'no two live attempts',
      {
        row: { attempt: 2 },
        attempts: [{ attempt: 1, outcome: 'failed' }],
        files: { 1: 'start 1 100\nend failed 300\n', 2: succeeded.replace('100', '200') },
        policy: { retries: 1 },
      },
    ],
    [
      'a retry of lost work that is not idempotent',
      'no silent retry',
      {
        row: { attempt: 2 },
        attempts: [{ attempt: 1, outcome: 'lost' }],
        files: { 1: 'start 1 10\n', 2: succeeded },
        policy: { retries: 1 },
      },
    ],
    [
      'more attempts than the task allows',
      'no silent retry',
      {
        row: { attempt: 2 },
        attempts: [{ attempt: 1, outcome: 'failed' }],
        files: { 1: 'start 1 10\nend failed 20\n', 2: succeeded },
      },
    ],
    ['success of work that did not end', 'result of the work', { files: { 1: 'start 1 100\nline 1 110\nline 2 120\n' } }],
    ['success of work that never ran', 'result of the work', { files: {} }],
    ['failure of work that ended well', 'result of the work', { row: { state: 'failed', reason: 'status_failed' } }],
    ['the result of another attempt', 'result of the work', { row: { data: '{"attempt":7}' } }],
    ['a cancel that nobody asked for', 'result of the work', { row: { state: 'cancelled', reason: 'cancel_requested' } }],
    ['an expiry of work that ran', 'result of the work', { row: { state: 'expired', reason: 'expired' } }],
    ['a skip of work that ran', 'result of the work', { row: { state: 'skipped', reason: 'overlap' } }],
    ['a rejection of work that ran', 'result of the work', { row: { state: 'rejected', reason: 'plugin_unknown' } }],
    ['a row that is open', 'everything ends', { row: { state: 'running', open: 1, finished_at: null } }],
    ['a row without a reason', 'every row says why', { row: { reason: null } }],
    [
      'a hole in the log',
      'gap-free logs',
      {
        chunks: [
          { start: 0, text: 'B1 åß→𝄞 .\n' },
          { start: 20, text: 'B2 åß→𝄞 åß→𝄞 .\n' },
        ],
      },
    ],
    ['a line that is not in the log', 'gap-free logs', { chunks: [{ start: 0, text: 'B1 åß→𝄞 .\n' }] }],
    ['a line that is there twice', 'gap-free logs', { chunks: [{ start: 0, text: 'B1 åß→𝄞 .\nB1 åß→𝄞 .\nB2 åß→𝄞 åß→𝄞 .\n' }] }],
    ['a line that is not as it was printed', 'gap-free logs', { chunks: [{ start: 0, text: 'B1 åß→𝄞 .\nB2 åß→� åß→𝄞 .\n' }] }],
    ['a log that is shorter than its row says', 'gap-free logs', { row: { log_bytes: 999 } }],
    ['counts that are not those of the executions', 'counts of a run', { run: { succeeded: 0, failed: 1 } }],
    ['a total that is not that of the executions', 'counts of a run', { run: { total: 2 } }],
    ['a run that is active with nothing open', 'counts of a run', { run: { state: 'active' } }],
    ['an acknowledged task that is gone', 'acknowledged is kept', { acknowledged: { taskId: 'tsk_other', runId: 'run_1' } }],
    ['an acknowledged run that is gone', 'acknowledged is kept', { acknowledged: { taskId: 'tsk_1', runId: 'run_other' } }],
    ['two tasks of one key', 'one key, one task', { tasks: 2 }],
    ['work that the ledger does not know', 'row before message', { strange: true }],
    ['a process that was left', 'nothing left running', { leftovers: ['process 7'] }],
    ['a damaged database', 'data folder', { integrity: 'row 3 missing from index' }],
    ['a process that ended by itself', 'no process ends by itself', { crashes: ['server'] }],
  ])('sees %s', (_what, promise, change) => {
    expect(broken(change)).toContain(promise);
  });

  const interval = (firedAt: readonly number[]): Partial<Facts['ledger']> => {
    const facts = doctoredFacts({});
    const task = { ...(facts.ledger.tasks[0] as object), type: 'Interval', every_seconds: 2, created_at: 0, updated_at: 8500 };
    const run = facts.ledger.runs[0] as object;
    return {
      tasks: [task],
      runs: firedAt.map((fired_at) => ({ ...run, id: 'run_1', trigger: 'interval', fired_at })),
    } as unknown as Facts['ledger'];
  };
  const firingFaults = (firedAt: readonly number[]): string[] => {
    const facts = doctoredFacts({});
    const ledger = { ...facts.ledger, ...interval(firedAt) };
    return check({ ...facts, ledger })
      .violations.filter(({ promise }) => promise === 'every firing leaves a row')
      .map(({ what }) => what);
  };

  it('sees a firing that left no row, one that fired twice, and an end before its time', () => {
    expect(firingFaults([2000, 4000, 6000, 8000])).toEqual([]);
    expect(firingFaults([2000, 6000, 8000])[0]).toMatch(/due at 4000, but its next row is of 6000/);
    expect(firingFaults([2000, 4000, 4000, 6000, 8000])[0]).toMatch(/fired twice for 4000/);
    expect(firingFaults([2000])[0]).toMatch(/active until 8500/);
  });
});
