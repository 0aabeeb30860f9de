import type { AttemptsTable, ExecutionsTable, RunsTable } from '../server/schema/tables/tasks.tables.ts';
import type { Policy } from '../shared/api/tasks.ts';
import type { Evidence } from './evidence.ts';
import type { LedgerContent } from './ledger-reading.ts';
import type { Posted } from './poster.ts';

/** All that the checker is told of a run. */
export type Facts = {
  readonly ledger: Omit<LedgerContent, 'close'>;
  readonly evidence: ReadonlyMap<string, ReadonlyMap<number, Evidence>>;
  readonly posted: readonly Posted[];
  readonly refused: readonly { readonly item: { readonly name: string }; readonly answer: string }[];
  readonly cancelled: ReadonlySet<string>;
  /** the clock of the server was set during the run: due times moved with it */
  readonly serverClockWasSet: boolean;
  /** processes of work that were still there when everything had ended */
  readonly leftovers: readonly string[];
  readonly crashes: readonly string[];
};

/** All that is known of one execution, from both sides. */
export type ExecutionCase = {
  readonly row: ExecutionsTable;
  readonly run: RunsTable;
  readonly policy: Policy;
  /** attempts that were followed by another one */
  readonly attempts: readonly AttemptsTable[];
  readonly evidence: ReadonlyMap<number, Evidence>;
  readonly cancelAsked: boolean;
};

export type Violation = { readonly promise: string; readonly what: string; readonly executionId?: string };
