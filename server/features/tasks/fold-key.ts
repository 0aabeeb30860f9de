import { hash } from 'node:crypto';
import { noOutputSha256 } from '../../../shared/output-digest.ts';
import type { ExecutionRow } from './rows.ts';

type Ended = Pick<ExecutionRow, 'state' | 'reason' | 'exit_code' | 'data' | 'log_from' | 'log_bytes'>;

/**
 * Two executions with equal keys ended alike: same state, reason, exit code, data and output of the last attempt. The message does not
 * count, for it may tell of seconds and process ids.
 *
 * @param outputSha256 of its output, where its agent told it; without output none is needed
 * @returns null when the output would have to be read
 */
export function foldKeyOf(row: Ended, outputSha256 = row.log_bytes === row.log_from ? noOutputSha256 : undefined): string | null {
  if (outputSha256 === undefined) return null;
  const told = `${row.state} ${row.reason} ${row.exit_code} ${outputSha256}\n${row.data ?? ''}`;
  // 128 bits: within one run, two that differ never meet
  return hash('sha256', told, 'base64url').slice(0, 22);
}
