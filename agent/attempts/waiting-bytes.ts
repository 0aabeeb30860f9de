import type { ResultMessage } from '../../shared/protocol.ts';
import type { HeldAttempt } from './held-attempts.ts';

/** What waits for the server: results, which are in the journal and in memory, and output, which is in the spool. */
export function waitingBytes(attempts: Iterable<Pick<HeldAttempt, 'result' | 'spool'>>): { results: number; output: number } {
  const sum = { results: 0, output: 0 };
  for (const { result, spool } of attempts) {
    sum.output += spool.bytes();
    if (result !== undefined) sum.results += bytesOf(result);
  }
  return sum;
}

/** A result does not change, so its size is found once. */
const known = new WeakMap<ResultMessage, number>();

function bytesOf(result: ResultMessage): number {
  const bytes = known.get(result) ?? Buffer.byteLength(JSON.stringify(result));
  known.set(result, bytes);
  return bytes;
}
