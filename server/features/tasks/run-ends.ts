import type { Trigger } from '../../../shared/api/runs.ts';
import { MusterError } from '../../../shared/errors.ts';
import { type RunState, runStateOf } from '../../../shared/run-states.ts';
import type { ExecutionState } from '../../../shared/states.ts';
import type { Writer } from '../../schema/schema.ts';
import type { RunRow } from './rows.ts';
import { countEnded, endSingle, finishRun } from './runs.store.ts';

/** Counts the ends of executions in their runs, in the transaction that ends them. A run is final when its last execution is. */
export type RunEnds = {
  /** A new run: if it has one execution only, that is known from now on. */
  remember(run: Pick<RunRow, 'id' | 'total' | 'trigger'>): void;
  countIn(writer: Writer, runId: string, to: ExecutionState, now: number): Promise<{ state: RunState; trigger: Trigger }>;
};

const usualCapacity = 50_000;

export function createRunEnds(capacity = usualCapacity): RunEnds {
  /** runs with one execution */
  const singles = new Map<string, Trigger>();

  /** The end of the only execution is the end of the run: one statement in place of two. */
  async function endOfSingle(writer: Writer, runId: string, to: ExecutionState, now: number, trigger: Trigger) {
    const state = runStateOf({ [to]: 1, open: 0 });
    if ((await endSingle(writer, runId, to, state, now)) !== 1) throw notThere(runId);
    singles.delete(runId);
    return { state, trigger };
  }

  return {
    remember({ id, total, trigger }) {
      if (total !== 1) return;
      singles.set(id, trigger);
      const [oldest] = singles.keys();
      if (singles.size > capacity && oldest !== undefined) singles.delete(oldest);
    },
    async countIn(writer, runId, to, now) {
      const triggerOfSingle = singles.get(runId);
      if (triggerOfSingle !== undefined) return endOfSingle(writer, runId, to, now, triggerOfSingle);
      const counts = await countEnded(writer, runId, to);
      if (counts === undefined) throw notThere(runId);
      const { trigger } = counts;
      if (counts.open > 0) return { state: 'active', trigger };
      const state = runStateOf(counts);
      await finishRun(writer, runId, state, now);
      return { state, trigger };
    },
  };
}

const notThere = (runId: string): MusterError =>
  new MusterError('internal', `The ledger holds executions of a run that is not there, or not open (${runId}).`);
