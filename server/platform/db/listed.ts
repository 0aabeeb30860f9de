import { type Expression, type RawBuilder, sql } from 'kysely';

/**
 * The values of a list that is one parameter, so that a prepared query takes any number of them: `where('id', 'in', listed(p('ids')))`.
 * @param json an array of texts, as JSON
 */
export const listed = (json: Expression<string> | string): RawBuilder<string> =>
  sql<string>`(SELECT value FROM json_each(${json}))`;
