import { createHash } from 'node:crypto';
import { countsAsError } from '../../../shared/states.ts';
import type { ExecutionRow } from './rows.ts';

/** What is remembered of executions that ended alike: the first of them, and the names of all hosts. */
export type FoldGroup = {
  readonly first: Pick<ExecutionRow, 'id' | 'state' | 'attempt'>;
  readonly hosts: string[];
};

export type Fold = {
  /** @param output the part of its output that is compared */
  add(row: ExecutionRow, output: string): void;
  /** Outliers first: errors before the rest, then the smaller group before the larger. */
  groups(): FoldGroup[];
};

/**
 * Groups executions that ended alike: same state, reason, exit code, data and output. Output and data are compared by their hash and not
 * kept, so that ten thousand of them cost no more memory than their names.
 */
export function createFold(): Fold {
  const groups = new Map<string, FoldGroup>();
  return {
    add(row, output) {
      const hash = createHash('sha256')
        .update(output)
        .update('\0')
        .update(row.data ?? '')
        .digest('base64');
      const key = JSON.stringify([row.state, row.reason, row.exit_code, row.log_bytes, hash]);
      const host = row.agent_name ?? 'no host';
      const group = groups.get(key);
      if (group !== undefined) group.hosts.push(host);
      else groups.set(key, { first: { id: row.id, state: row.state, attempt: row.attempt }, hosts: [host] });
    },
    groups: () =>
      [...groups.values()].sort(
        (a, b) => Number(countsAsError(b.first.state)) - Number(countsAsError(a.first.state)) || a.hosts.length - b.hosts.length,
      ),
  };
}
