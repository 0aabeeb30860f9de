import { countsAsError } from '../../../shared/states.ts';
import type { ExecutionRow } from './rows.ts';

/** What folding looks at: nothing that may be large. */
export type FoldRow = Pick<
  ExecutionRow,
  'id' | 'agent_id' | 'agent_name' | 'target' | 'state' | 'open' | 'reason' | 'attempt' | 'fold_key'
>;

/** Executions that ended alike, or that are open in the same state. */
export type FoldGroup = {
  readonly first: FoldRow;
  readonly hosts: readonly string[];
  /** null for a row that no agent had */
  readonly agents: readonly (string | null)[];
};

export type Fold = {
  /** @param key of an ended row that has none of its own */
  add(row: FoldRow, key?: string): void;
  /** Outliers first: errors before the rest, then the smaller group before the larger, and last what is still open. */
  groups(): readonly FoldGroup[];
  /** the group in which a row is */
  keyOf(row: FoldRow, key?: string): string;
};

/** Groups executions by their keys: ten thousand of them cost no more memory than their names. */
export function createFold(): Fold {
  const groups = new Map<string, { first: FoldRow; hosts: string[]; agents: (string | null)[] }>();
  const keyOf = (row: FoldRow, key = row.fold_key ?? row.id): string =>
    row.open === 1 ? `open ${row.state} ${row.reason}` : key;
  return {
    keyOf,
    add(row, key) {
      const at = keyOf(row, key);
      const host = row.agent_name ?? (row.target === 'anyone' ? 'anyone' : 'no host');
      const group = groups.get(at);
      if (group === undefined) groups.set(at, { first: row, hosts: [host], agents: [row.agent_id] });
      else {
        group.hosts.push(host);
        group.agents.push(row.agent_id);
      }
    },
    groups: () => [...groups.values()].sort(byInterest),
  };
}

const byInterest = (a: FoldGroup, b: FoldGroup): number =>
  a.first.open - b.first.open ||
  Number(countsAsError(b.first.state)) - Number(countsAsError(a.first.state)) ||
  a.hosts.length - b.hosts.length;

/**
 * What most hosts answered, with which the rest is compared: the largest group of those that ran to an end. Of two that are equally large,
 * the one that is no error.
 */
export function majorityOf(groups: readonly FoldGroup[]): FoldGroup | undefined {
  return groups
    .filter(({ first }) => first.open === 0 && first.attempt > 0)
    .reduce<FoldGroup | undefined>((best, group) => (best === undefined || isLarger(group, best) ? group : best), undefined);
}

const isLarger = (a: FoldGroup, b: FoldGroup): boolean =>
  a.hosts.length > b.hosts.length ||
  (a.hosts.length === b.hosts.length && countsAsError(b.first.state) && !countsAsError(a.first.state));
