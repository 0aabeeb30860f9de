import type { JournalEntry, Verdict } from '../../../shared/protocol.ts';
import type { GivenUp } from './given-up.ts';
import type { ExecutionRow } from './rows.ts';

/** What a returning agent's journal means for the rows that the ledger thinks it holds: pure, so that every history can be tried. */
export type Reconciliation = {
  readonly verdicts: readonly Omit<Verdict, 'logFrom'>[];
  /** the agent has it and goes on: the row is `running` (or stays `cancelling`) */
  readonly resume: readonly ExecutionRow[];
  /** the ledger has given these up and they run still: they are to end, and what they tell is kept */
  readonly lateToStop: readonly Late[];
  /** of these, a cancel was asked for: the agent is told once more, after the welcome, so that it answers with log and result */
  readonly stillToStop: readonly ExecutionRow[];
  /** the agent has never started it: its journal would hold it */
  readonly neverStarted: readonly ExecutionRow[];
  /** the journal does not hold it, but is not the one that would */
  readonly inDoubt: readonly ExecutionRow[];
  /** whether the journal is the one that held the work, as far as can be told */
  readonly continues: boolean;
};

/** An attempt of the journal that the ledger has given up without a word of the agent, which is still wanted. */
export type Late = { readonly which: GivenUp; readonly row: ExecutionRow; readonly attempt: number };

/**
 * @param continues whether the journal is the one that held the work; what another one lacks proves nothing
 * @param lateOf tells whether an entry that no row waits for is wanted all the same
 * @param hasSpoken the executions whose present attempt was heard of: it was started, and the journal that held the work holds it
 */
export function reconcile(
  rows: readonly ExecutionRow[],
  journal: readonly JournalEntry[],
  continues = true,
  lateOf: (entry: JournalEntry) => Late | undefined = () => undefined,
  hasSpoken: ReadonlySet<string> = new Set(),
): Reconciliation {
  const byExecution = new Map(rows.map((row) => [row.id, row]));
  const inJournal = new Map<ExecutionRow, JournalEntry['state']>();
  const lateToStop: Late[] = [];
  const verdicts = journal.map((entry) => {
    const row = byExecution.get(entry.execution);
    const attempt = { execution: entry.execution, attempt: entry.attempt };
    // an offer was not confirmed, so an entry for it can only be of an attempt that the ledger gave up
    if (row === undefined || row.attempt !== entry.attempt || row.state === 'offered') {
      const late = lateOf(entry);
      // it is told to stop once it is connected: a verdict `stop` would make it forget how it ended
      if (late !== undefined && entry.state === 'running') lateToStop.push(late);
      if (late !== undefined) return { ...attempt, verdict: entry.state === 'ended' ? ('deliver' as const) : ('keep' as const) };
      return { ...attempt, verdict: entry.state === 'running' ? ('stop' as const) : ('forget' as const) };
    }
    inJournal.set(row, entry.state);
    return { ...attempt, verdict: entry.state === 'ended' ? ('deliver' as const) : ('keep' as const) };
  });
  const lacking = rows.filter((row) => !inJournal.has(row));
  const isTheOne = continues && !lacking.some((row) => hasSpoken.has(row.id));
  // An offer is sent again without any doubt: nobody was told to start it. And a foreign journal that comes back continues the known one,
  // which is its own by then: what it was found to lack before, it lacks for the same reason.
  const isProven = (row: ExecutionRow): boolean => row.state === 'offered' || (isTheOne && row.reason !== 'journal_foreign');
  return {
    verdicts,
    lateToStop,
    resume: rows.filter((row) => inJournal.has(row)),
    stillToStop: rows.filter((row) => row.state === 'cancelling' && inJournal.get(row) === 'running'),
    neverStarted: lacking.filter(isProven),
    inDoubt: lacking.filter((row) => !isProven(row)),
    continues: isTheOne,
  };
}
