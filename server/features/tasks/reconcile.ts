import type { JournalEntry, Verdict } from '../../../shared/protocol.ts';
import type { ExecutionRow } from './rows.ts';

/** What a returning agent's journal means for the rows that the ledger thinks it holds: pure, so that every history can be tried. */
export type Reconciliation = {
  readonly verdicts: readonly Omit<Verdict, 'logFrom'>[];
  /** the agent has it and goes on: the row is `running` (or stays `cancelling`) */
  readonly resume: readonly ExecutionRow[];
  /** the agent has never started it: its journal would hold it */
  readonly neverStarted: readonly ExecutionRow[];
};

export function reconcile(rows: readonly ExecutionRow[], journal: readonly JournalEntry[]): Reconciliation {
  const byExecution = new Map(rows.map((row) => [row.id, row]));
  const inJournal = new Set<ExecutionRow>();
  const verdicts = journal.map((entry) => {
    const row = byExecution.get(entry.execution);
    const attempt = { execution: entry.execution, attempt: entry.attempt };
    // an offer was not confirmed, so an entry for it can only be of an attempt that the ledger gave up
    if (row === undefined || row.attempt !== entry.attempt || row.state === 'offered') {
      return { ...attempt, verdict: entry.state === 'running' ? ('stop' as const) : ('forget' as const) };
    }
    inJournal.add(row);
    if (entry.state === 'ended') return { ...attempt, verdict: 'deliver' as const };
    return { ...attempt, verdict: row.state === 'cancelling' ? ('stop' as const) : ('keep' as const) };
  });
  return {
    verdicts,
    resume: rows.filter((row) => inJournal.has(row)),
    neverStarted: rows.filter((row) => !inJournal.has(row)),
  };
}
