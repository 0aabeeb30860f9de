import type { ResultMessage } from '../../../shared/protocol.ts';
import type { Writer } from '../../schema/schema.ts';
import { reasonOf } from './attempts.ts';
import { findExecution } from './executions.store.ts';
import { type GivenUp, givenUp, tellsOfWork } from './given-up.ts';
import { findAttempt, hasLateResult, insertLateResult, noteLateCut } from './late-results.store.ts';
import type { LedgerUnit } from './ledger.ts';
import type { ExecutionRow } from './rows.ts';

/**
 * Keeps what an agent tells of an attempt that the ledger had given up. The final state, the counts and a retry under way stay as they
 * are; the operator sees both.
 *
 * @returns the row beside which it was kept; or `ack` when there was nothing to keep; or where the output that the ledger holds ends, if
 *   some is missing before the result
 */
export async function keepLateResult(
  unit: LedgerUnit,
  agentId: string,
  message: ResultMessage,
  logSizeIn: (writer: Writer, executionId: string) => Promise<number>,
): Promise<'ack' | number | { readonly kept: ExecutionRow }> {
  const { execution, attempt } = message;
  const row = await findExecution(unit.writer, execution);
  if (row === undefined) return 'ack';
  const kept = await findAttempt(unit.writer, execution, attempt);
  const which = givenUp(row, kept, { agentId, attempt });
  if (which === undefined || !tellsOfWork(kept, message.outcome)) return 'ack';
  if (await hasLateResult(unit.writer, execution, attempt)) return 'ack';
  if (which === 'current') {
    const held = await logSizeIn(unit.writer, execution);
    if (held < message.logSize) return held;
    await noteLateCut(unit.writer, execution, message.cutBytes);
  }
  await insertLateResult(unit.writer, {
    execution_id: execution,
    attempt,
    agent_id: agentId,
    outcome: message.outcome,
    reason: reasonOf(message.reason, message.outcome),
    message: message.message,
    exit_code: message.exitCode,
    data: message.data === null ? null : JSON.stringify(message.data),
    duration_ms: message.durationMs,
    received_at: unit.now,
  });
  return { kept: row };
}

/** Whether the word of the agent on this attempt is still wanted. */
export async function awaitsLateResult(
  writer: Writer,
  agentId: string,
  { execution, attempt }: { readonly execution: string; readonly attempt: number },
): Promise<{ readonly which: GivenUp; readonly row: ExecutionRow } | undefined> {
  const row = await findExecution(writer, execution);
  if (row === undefined) return undefined;
  const which = givenUp(row, await findAttempt(writer, execution, attempt), { agentId, attempt });
  return which === undefined || (await hasLateResult(writer, execution, attempt)) ? undefined : { which, row };
}
