import { createHash } from 'node:crypto';
import { toInstant } from '../../../shared/api/listing.ts';
import type { ExecutionRow } from './rows.ts';

/** ms into the time over which a firing is spread: always the same for a host and a task, and different between hosts. */
export function splayMs(taskId: string, agentId: string | null, splaySeconds: number): number {
  if (splaySeconds === 0) return 0;
  const digest = createHash('sha256')
    .update(`${taskId}\n${agentId ?? ''}`)
    .digest();
  return digest.readUInt32BE(0) % (splaySeconds * 1000);
}

/** What makes a queued row wait for its place; that it waits does not count for its expiry. */
export function splayed(
  row: ExecutionRow,
  splaySeconds: number,
  now: number,
): Partial<Pick<ExecutionRow, 'not_before' | 'deadline_at' | 'expires_at' | 'reason' | 'reason_text'>> {
  const ms = splayMs(row.task_id, row.agent_id, splaySeconds);
  if (ms === 0) return {};
  const at = now + ms;
  return {
    not_before: at,
    deadline_at: at,
    expires_at: row.expires_at + ms,
    reason: 'splay',
    reason_text: `Its place in the ${splaySeconds} s over which this firing is spread comes at ${toInstant(at)}.`,
  };
}
