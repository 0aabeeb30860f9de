import type { JournalEntry, Verdict } from '../../../shared/protocol.ts';
import type { ExecutionRow } from './rows.ts';

/** What a returning agent's journal means for the rows that the ledger thinks it holds: pure, so that every history can be tried. */
export type Reconciliation = {
  readonly verdicts: readonly Omit<Verdict, 'logFrom'>[];
  /** the agent has it and goes on: the row is `running` (or stays `cancelling`) */
  readonly resume: readonly ExecutionRow[];
  /** of these, a cancel was asked for: the agent is told once more, after the welcome, so that it answers with log and result */
  readonly stillToStop: readonly ExecutionRow[];
  /** the agent has never started it: its journal would hold it */
  readonly neverStarted: readonly ExecutionRow[];
};

export function reconcile(rows: readonly ExecutionRow[], journal: readonly JournalEntry[]): Reconciliation {
  const byExecution = new Map(rows.map((row) => [row.id, row]));
  const inJournal = new Map<ExecutionRow, JournalEntry['state']>();
  const verdicts = journal.map((entry) => {
    const row = byExecution.get(entry.execution);
    const attempt = { execution: entry.execution, attempt: entry.attempt };
    // an offer was not confirmed, so an entry for it can only be of an attempt that the ledger gave up
    if (row === undefined || row.attempt !== entry.attempt || row.state === 'offered') {
      return { ...attempt, verdict: entry.state === 'running' ? ('stop' as const) : ('forget' as const) };
    }
    inJournal.set(row, entry.state);
    return { ...attempt, verdict: entry.state === 'ended' ? ('deliver' as const) : ('keep' as const) };
  });
  return {
    verdicts,
    resume: rows.filter((row) => inJournal.has(row)),
    stillToStop: rows.filter((row) => row.state === 'cancelling' && inJournal.get(row) === 'running'),
    neverStarted: rows.filter((row) => !inJournal.has(row)),
  };
}
