import type { Policy } from '../shared/api/tasks.ts';
import { checkAcknowledged } from './checks/acknowledged.ts';
import { checkEnd } from './checks/ends.ts';
import { checkFirings } from './checks/firings.ts';
import { checkLog } from './checks/log.ts';
import { checkRun } from './checks/runs.ts';
import { checkStarts } from './checks/starts.ts';
import type { ExecutionCase, Facts, Violation } from './facts.ts';

export type Verdict = {
  readonly violations: readonly Violation[];
  readonly executions: number;
  readonly byState: Readonly<Record<string, number>>;
  readonly starts: number;
  readonly duplicateStarts: number;
  readonly lostAcknowledged: number;
  readonly logBytes: number;
  readonly retriedPosts: number;
};

/** Compares what the work did with what the ledger says of it. Pure: the facts are all it knows. */
export function check(facts: Facts): Verdict {
  const { ledger, evidence } = facts;
  const violations: Violation[] = [];
  const runs = new Map(ledger.runs.map((run) => [run.id, run]));
  const attempts = Map.groupBy(ledger.attempts, ({ execution_id }) => execution_id);
  const byRun = Map.groupBy(ledger.executions, ({ run_id }) => run_id);
  const byState: Record<string, number> = {};
  let logBytes = 0;

  for (const row of ledger.executions) {
    byState[row.state] = (byState[row.state] ?? 0) + 1;
    const run = runs.get(row.run_id);
    if (run === undefined) {
      violations.push({ promise: 'row before message', what: 'the execution has no run', executionId: row.id });
      continue;
    }
    const one: ExecutionCase = {
      row,
      run,
      policy: JSON.parse(run.policy) as Policy,
      attempts: attempts.get(row.id) ?? [],
      evidence: evidence.get(row.id) ?? new Map(),
      cancelAsked: facts.cancelled.has(row.run_id),
    };
    const log = checkLog(one, ledger.chunksOf(row.id));
    logBytes += log.bytes;
    for (const found of [...checkStarts(one), ...checkEnd(one), ...log.violations])
      violations.push({ ...found, executionId: row.id });
  }
  const known = new Set(ledger.executions.map(({ id }) => id));
  for (const [id] of evidence)
    if (!known.has(id))
      violations.push({ promise: 'row before message', what: 'work ran that the ledger does not know', executionId: id });

  for (const run of ledger.runs) violations.push(...checkRun(run, byRun.get(run.id) ?? []));
  const acknowledged = checkAcknowledged(facts, byRun);
  violations.push(...acknowledged);
  violations.push(...checkFirings(ledger, facts.serverClockWasSet));
  if (ledger.integrity !== 'ok') violations.push({ promise: 'data folder', what: `integrity_check says ${ledger.integrity}` });
  for (const left of facts.leftovers) violations.push({ promise: 'nothing left running', what: left });
  for (const crash of facts.crashes) violations.push({ promise: 'no process ends by itself', what: crash });

  const files = [...evidence.values()].flatMap((byAttempt) => [...byAttempt.values()]);
  return {
    violations,
    executions: ledger.executions.length,
    byState,
    starts: files.reduce((sum, { starts }) => sum + starts.length, 0),
    duplicateStarts: files.reduce((sum, { starts }) => sum + Math.max(0, starts.length - 1), 0),
    lostAcknowledged: acknowledged.filter(({ promise }) => promise === 'acknowledged is kept').length,
    logBytes,
    retriedPosts: facts.posted.filter(({ tries }) => tries > 1).length,
  };
}
