import type { QueryExecutor } from 'kysely';

/**
 * The short way of an engine whose queries are over when the call returns. Kysely's own way to a connection is six promises long, which
 * for a prepared query takes as long as the query itself.
 */
export type Immediate = {
  /** @returns the rows of a query that has some, or else how many it changed. Throws as the query does. */
  executeNow(sql: string, parameters: readonly unknown[]): ImmediateResult;
};

export type ImmediateResult = { readonly rows: readonly unknown[] } | { readonly changes: number };

/** undefined where queries take their time */
export const immediateOf = (executor: QueryExecutor): Immediate | undefined =>
  'executeNow' in executor ? (executor as QueryExecutor & Immediate) : undefined;
