import { type RawBuilder, sql } from 'kysely';

/**
 * A text column in a form that no index serves: for a condition that is to be checked row by row, while the index of another column
 * finds the rows in the order that is wanted.
 */
export const unindexed = <Value extends string>(column: string): RawBuilder<Value> => sql<Value>`${sql.ref(column)} || ''`;
