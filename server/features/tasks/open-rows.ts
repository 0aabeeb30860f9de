import type { ExecutionRow } from './rows.ts';

/**
 * Open executions that were written lately, as the next unit of work would read them: one is offered, accepted and ended within moments,
 * and reading back what was just written costs nearly as much as writing it.
 *
 * What is here is exact, or it is not here:
 *
 *   a unit of the ledger is over   → its rows are put here; units run one after the other, so that the next one finds them
 *   the unit or its commit fails   → its rows are forgotten, in the turn in which that is told, before a further unit begins
 *   somebody else writes open rows → he clears all (`time-shift.service.ts`); everything else about open rows goes through the ledger
 *
 * One process writes the database. Where several would, this must go.
 */
export type OpenRows = {
  get(id: string): ExecutionRow | undefined;
  put(rows: Iterable<ExecutionRow>): void;
  forget(ids: Iterable<string>): void;
  clear(): void;
};

/** What a fleet of ten thousand has under way, twice. A row takes half a kilobyte, and a little more than its texts. */
const usualCapacity = 20_000;
/** Messages of agents may be as long as ten rows: a fleet on which work goes wrong must not take the memory for that many. */
const longestTexts = 1000;

export function createOpenRows(capacity = usualCapacity): OpenRows {
  const rows = new Map<string, ExecutionRow>();
  return {
    get: (id) => rows.get(id),
    put(written) {
      for (const row of written) {
        // the newest go to the end
        rows.delete(row.id);
        if (row.open === 1 && textsOf(row) <= longestTexts) rows.set(row.id, row);
      }
      for (const oldest of rows.keys()) {
        if (rows.size <= capacity) break;
        rows.delete(oldest);
      }
    },
    forget(ids) {
      for (const id of ids) rows.delete(id);
    },
    clear: () => rows.clear(),
  };
}

/** Characters in the columns that may hold any number of them. */
const textsOf = ({ message, reason_text, data, assignment }: ExecutionRow): number =>
  [message, reason_text, data, assignment].reduce((sum, text) => sum + (text?.length ?? 0), 0);
