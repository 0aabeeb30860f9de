import {
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type DialectAdapter,
  type Driver,
  Kysely,
  type QueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  Transaction,
} from 'kysely';
import type { Immediate } from '../immediate.ts';

/** `executeNow` is missing where somebody listens in on the queries. */
type Connection = DatabaseConnection & Partial<Immediate>;

/** What makes Kysely speak to our connections: the same compiler and adapter for the reader and the writer of one database. */
export type SqliteDialect = {
  readonly adapter: DialectAdapter;
  readonly compiler: QueryCompiler;
  reader<Tables>(connection: Connection): Kysely<Tables>;
  /** @param guard is asked before every query and throws when the transaction may no longer be used */
  transaction<Tables>(connection: Connection, guard: () => void): Transaction<Tables>;
};

export function createDialect(): SqliteDialect {
  const adapter = new SqliteAdapter();
  const compiler = new SqliteQueryCompiler();

  // made once for each connection: a unit of work has a transaction of its own, and there are thousands a second
  const ofConnection = new WeakMap<Connection, { dialect: Dialect; driver: Driver }>();
  const fixedOf = (connection: Connection) => {
    const known = ofConnection.get(connection);
    if (known !== undefined) return known;
    const dialect = dialectOf(connection, adapter, compiler);
    const fixed = { dialect, driver: dialect.createDriver() };
    ofConnection.set(connection, fixed);
    return fixed;
  };

  const props = (connection: Connection, guard: () => void) => {
    const { dialect, driver } = fixedOf(connection);
    const provider = {
      provideConnection: <T>(consumer: (connection: Connection) => Promise<T>): Promise<T> => {
        guard();
        return consumer(connection);
      },
    };
    // straight to the connection: queries are synchronous, so that Kysely's pool and mutex would only cost turns
    const executor = new DefaultQueryExecutor(compiler, adapter, provider);
    const { executeNow } = connection;
    if (executeNow !== undefined) Object.assign(executor, immediate(executeNow, guard));
    return { config: { dialect }, dialect, driver, executor };
  };

  return {
    adapter,
    compiler,
    reader: (connection) => new Kysely(props(connection, () => undefined)),
    transaction: (connection, guard) => new Transaction(props(connection, guard)),
  };
}

const immediate = (executeNow: Immediate['executeNow'], guard: () => void): Immediate => ({
  executeNow(sql, parameters) {
    guard();
    return executeNow(sql, parameters);
  },
});

const notHere = async (): Promise<never> => {
  throw new Error('Transactions are begun by `DatabasePort.write` alone.');
};

function dialectOf(connection: Connection, adapter: DialectAdapter, compiler: QueryCompiler): Dialect {
  return {
    createAdapter: () => adapter,
    createQueryCompiler: () => compiler,
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createDriver: () => ({
      init: async () => undefined,
      acquireConnection: async () => connection,
      releaseConnection: async () => undefined,
      beginTransaction: notHere,
      commitTransaction: notHere,
      rollbackTransaction: notHere,
      // the port closes its connections itself
      destroy: async () => undefined,
    }),
  };
}
