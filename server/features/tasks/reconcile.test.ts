import { describe, expect, test } from '@jest/globals';
import type { ExecutionState } from '../../../shared/states.ts';
import { reconcile } from './reconcile.ts';
import type { ExecutionRow } from './rows.ts';

const rowOf = (state: ExecutionState, reason: string | null = null): ExecutionRow =>
  ({ id: `exe_${state}`, attempt: 1, state, reason }) as ExecutionRow;

const statesOf = (rows: readonly ExecutionRow[]): ExecutionState[] => rows.map(({ state }) => state);

const held = [rowOf('offered'), rowOf('running'), rowOf('unknown', 'agent_silent'), rowOf('cancelling')];

describe('what a journal lacks', () => {
  test('was never started, if the journal continues the one that held the work', () => {
    const { neverStarted, inDoubt } = reconcile(held, [], true);
    expect(statesOf(neverStarted)).toEqual(['offered', 'running', 'unknown', 'cancelling']);
    expect(inDoubt).toEqual([]);
  });

  test('is in doubt if the journal is foreign, but for an offer, which nobody was told to start', () => {
    const { neverStarted, inDoubt } = reconcile(held, [], false);
    expect(statesOf(neverStarted)).toEqual(['offered']);
    expect(statesOf(inDoubt)).toEqual(['running', 'unknown', 'cancelling']);
  });

  test('is in doubt if any of it was heard of: the journal that held it holds it', () => {
    const { neverStarted, inDoubt, continues } = reconcile(held, [], true, () => undefined, new Set(['exe_running']));
    expect(statesOf(neverStarted)).toEqual(['offered']);
    expect(statesOf(inDoubt)).toEqual(['running', 'unknown', 'cancelling']);
    expect(continues).toBe(false);
    const found = reconcile(held, [{ execution: 'exe_running', attempt: 1, state: 'running', logSize: 3 }], true, () => undefined, new Set(['exe_running'])); // biome-ignore format: one call
    expect(statesOf(found.neverStarted)).toEqual(['offered', 'unknown', 'cancelling']);
  });

  test('stays in doubt when the foreign journal comes back and continues itself', () => {
    const { neverStarted, inDoubt } = reconcile([rowOf('unknown', 'journal_foreign')], [], true);
    expect(neverStarted).toEqual([]);
    expect(statesOf(inDoubt)).toEqual(['unknown']);
  });
});

test.each([true, false])('what a journal holds is resumed, whether it continues the known one or not (%s)', (continues) => {
  const doubted = rowOf('unknown', 'journal_foreign');
  const found = reconcile([doubted], [{ execution: doubted.id, attempt: 1, state: 'running', logSize: 0 }], continues);
  expect(found).toMatchObject({ resume: [doubted], neverStarted: [], inDoubt: [] });
  expect(found.verdicts).toMatchObject([{ execution: doubted.id, verdict: 'keep' }]);
});
