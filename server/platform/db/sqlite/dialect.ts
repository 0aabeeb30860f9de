import {
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type DialectAdapter,
  Kysely,
  type QueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  Transaction,
} from 'kysely';

/** What makes Kysely speak to our connections: the same compiler and adapter for the reader and the writer of one database. */
export type SqliteDialect = {
  readonly adapter: DialectAdapter;
  readonly compiler: QueryCompiler;
  reader<Tables>(connection: DatabaseConnection): Kysely<Tables>;
  /** @param guard is asked before every query and throws when the transaction may no longer be used */
  transaction<Tables>(connection: DatabaseConnection, guard: () => void): Transaction<Tables>;
};

export function createDialect(): SqliteDialect {
  const adapter = new SqliteAdapter();
  const compiler = new SqliteQueryCompiler();

  const props = (connection: DatabaseConnection, guard: () => void) => {
    const dialect = dialectOf(connection, adapter, compiler);
    const provider = {
      provideConnection: <T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> => {
        guard();
        return consumer(connection);
      },
    };
    // straight to the connection: queries are synchronous, so that Kysely's pool and mutex would only cost turns
    const executor = new DefaultQueryExecutor(compiler, adapter, provider);
    return { config: { dialect }, dialect, driver: dialect.createDriver(), executor };
  };

  return {
    adapter,
    compiler,
    reader: (connection) => new Kysely(props(connection, () => undefined)),
    transaction: (connection, guard) => new Transaction(props(connection, guard)),
  };
}

const notHere = async (): Promise<never> => {
  throw new Error('Transactions are begun by `DatabasePort.write` alone.');
};

function dialectOf(connection: DatabaseConnection, adapter: DialectAdapter, compiler: QueryCompiler): Dialect {
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
