import type { Folded } from '../../../shared/api/runs.ts';
import { foldHostNames } from '../../../shared/host-ranges.ts';
import type { Json } from '../../../shared/json.ts';
import { countsAsError } from '../../../shared/states.ts';
import type { ExecutionRow } from './rows.ts';

/** An execution with the part of its output that is compared and shown. */
export type Folding = { readonly row: ExecutionRow; readonly output: string; readonly outputTruncated: boolean };

/**
 * Groups executions that ended alike: same state, reason, exit code, data and output. Outliers first: errors before the rest, then
 * the smaller group before the larger.
 */
export function fold(items: readonly Folding[]): Folded['groups'] {
  const groups = new Map<string, Folding[]>();
  for (const item of items) {
    const { row } = item;
    const key = JSON.stringify([row.state, row.reason, row.exit_code, row.data, item.output, row.log_bytes]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()]
    .map(groupOf)
    .sort((a, b) => Number(countsAsError(b.state)) - Number(countsAsError(a.state)) || a.count - b.count);
}

function groupOf(items: readonly Folding[]): Folded['groups'][number] {
  const [first] = items as [Folding];
  const { row } = first;
  return {
    state: row.state,
    reason: row.reason,
    exitCode: row.exit_code,
    count: items.length,
    hosts: foldHostNames(items.map((item) => item.row.agent_name ?? 'no host')),
    executionId: row.id,
    message: row.message ?? row.reason_text ?? '',
    data: row.data === null ? null : (JSON.parse(row.data) as Json),
    output: first.output,
    outputTruncated: first.outputTruncated,
  };
}
