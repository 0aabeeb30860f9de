import {
  type Compilable,
  type CompiledQuery,
  type DeleteResult,
  type DialectAdapter,
  type Expression,
  ExpressionWrapper,
  type InsertResult,
  type Kysely,
  type UpdateResult,
  ValueNode,
} from 'kysely';
import { immediateOf } from './immediate.ts';

/**
 * Builds a query once and runs it many times with other values, for the queries that a server runs a thousand times a second:
 *
 *     const find = prepare((db: Reader, p: Params<{ id: string }>) => db.selectFrom('runs').selectAll().where('id', '=', p('id')));
 *     await find.first(writer, { id });
 *
 * It is compiled anew only for a database that it has not seen. The builder must not depend on anything that changes: it runs once.
 */
export function prepare<Tables, P extends Values, Row>(
  build: (db: Kysely<Tables>, p: Params<P>) => Compilable<Row>,
): Row extends ChangeResult ? PreparedChange<Tables, P> : PreparedRows<Tables, P, Row> {
  const plans = new WeakMap<DialectAdapter, Plan>();
  const planFor = (db: Kysely<Tables>): Plan => {
    const { adapter } = db.getExecutor();
    const known = plans.get(adapter);
    if (known !== undefined) return known;
    const plan = createPlan(db, build);
    plans.set(adapter, plan);
    return plan;
  };

  const prepared = async (db: Kysely<Tables>, values: P) => {
    const plan = planFor(db);
    const executor = db.getExecutor();
    const immediate = immediateOf(executor);
    if (immediate !== undefined) {
      const result = immediate.executeNow(plan.sql, plan.parametersOf(values));
      return 'rows' in result ? result.rows : result.changes;
    }
    const { rows, numAffectedRows } = await executor.executeQuery(plan.bind(values));
    return numAffectedRows === undefined ? rows : Number(numAffectedRows);
  };
  const first = async (db: Kysely<Tables>, values: P) => ((await prepared(db, values)) as readonly unknown[])[0];
  return Object.assign(prepared, { first }) as never;
}

/** What can be bound on every engine. A list is not one value: pass it as JSON text. */
export type Values = Readonly<Record<string, string | number | bigint | Uint8Array | null>>;

/** `p('id')` stands for the value in the query; `p.each('id', 'name')` makes the object that `values` and `set` take. */
export type Params<P> = {
  <Name extends keyof P & string>(name: Name): Expression<P[Name]>;
  each<Name extends keyof P & string>(...names: readonly Name[]): { [N in Name]: Expression<P[N]> };
};

type ChangeResult = InsertResult | UpdateResult | DeleteResult;

/** @returns the number of rows that it inserted, updated or deleted */
export type PreparedChange<Tables, P> = (db: Kysely<Tables>, values: P) => Promise<number>;

export type PreparedRows<Tables, P, Row> = {
  (db: Kysely<Tables>, values: P): Promise<Row[]>;
  first(db: Kysely<Tables>, values: P): Promise<Row | undefined>;
};

type Plan = { readonly sql: string; parametersOf(values: Values): unknown[]; bind(values: Values): CompiledQuery };

function createPlan<Tables, P extends Values>(
  db: Kysely<Tables>,
  build: (db: Kysely<Tables>, p: Params<P>) => Compilable<unknown>,
): Plan {
  // while the query is built, an object of its own stands in the place of each value
  const names = new Map<unknown, string>();
  const placeholder = (name: string) => {
    const mark = Object.freeze({ parameter: name });
    names.set(mark, name);
    return new ExpressionWrapper(ValueNode.create(mark));
  };
  const each = (...wanted: readonly string[]) => Object.fromEntries(wanted.map((name) => [name, placeholder(name)]));
  const compiled = build(db, Object.assign(placeholder, { each }) as unknown as Params<P>).compile();
  const slots = compiled.parameters.map((value) => ({ name: names.get(value), value }));
  const parametersOf = (values: Values) => slots.map(({ name, value }) => (name === undefined ? value : values[name]));
  return { sql: compiled.sql, parametersOf, bind: (values) => ({ ...compiled, parameters: parametersOf(values) }) };
}
