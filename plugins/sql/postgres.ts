import type { EventEmitter } from 'node:events';
import type { Json } from '../../shared/json.ts';
import { bytesOf, toJson } from './json-values.ts';
import { bind } from './placeholders.ts';
import { postgresParser, type TypeParsers } from './postgres-types.ts';
import type { RowTaker, Session } from './session.ts';
import type { ServerTarget } from './target.ts';

/** What is used of the driver, which brings no types of its own. */
type Driver = {
  readonly Client: new (options: object) => Client;
  readonly Query: new (query: object) => EventEmitter;
  readonly types: TypeParsers;
};
type Client = EventEmitter & {
  readonly processID: number | null;
  connect(): Promise<unknown>;
  query(text: string, values?: readonly unknown[]): Promise<unknown>;
  query(query: EventEmitter): EventEmitter;
  end(): Promise<unknown>;
  readonly connection: { readonly stream: { destroy(): void } };
};
type PostgresError = Error & { readonly code?: string; readonly position?: string; readonly detail?: string };
type Result = {
  readonly command: string | null;
  readonly rowCount: number | null;
  readonly fields: readonly { readonly name: string }[];
};

const driverName: string = 'pg';
const cancelled = '57014';

/** @param statementMs kept by the server, too, should nobody be there to end a statement */
export async function connectPostgres(target: ServerTarget, statementMs: number): Promise<Session> {
  const { default: driver } = (await import(driverName)) as { readonly default: Driver };
  const client = clientOf(driver, target);
  await client.connect().catch((error: PostgresError) => {
    throw new Error(`PostgreSQL: ${sentenceOf(error)}`);
  });
  await client.query(`SET TIME ZONE 'UTC'; SET datestyle TO ISO; SET statement_timeout TO ${Math.ceil(statementMs) + 1000}`);
  let access: 'read-only' | 'read-write' = 'read-write';
  let isKilled = false;

  /** By a connection of its own, as this one is busy. */
  async function stopStatement(): Promise<void> {
    const other = clientOf(driver, target);
    try {
      await other.connect();
      await other.query('SELECT pg_cancel_backend($1)', [client.processID]);
    } catch {
      // it cannot be reached any more: the server ends it by its own time limit
    } finally {
      await other.end().catch(() => undefined);
    }
  }

  async function run(sql: string, values: readonly Json[], rows: RowTaker): Promise<Result> {
    const query = new driver.Query({ text: sql, values: values.map(inputOf), rowMode: 'array', queryMode: 'extended' });
    let stopping: Promise<void> | undefined;
    let isNamed = false;
    const result = await new Promise<Result | undefined>((resolve, reject) => {
      query.on('row', (row: unknown[], { fields }: Result) => {
        if (!isNamed) rows.columns(fields.map(({ name }) => name));
        isNamed = true;
        // in a transaction that only reads, what comes after the last row that is kept can be cut off
        if (!rows.row(row.map(toJson)) && access === 'read-only') stopping ??= stopStatement();
      });
      query.on('end', resolve);
      query.on('error', (error: PostgresError) => {
        if (stopping !== undefined && error.code === cancelled && !isKilled) resolve(undefined);
        else reject(new Error(`PostgreSQL: ${sentenceOf(error)}`));
      });
      client.query(query);
    });
    await stopping;
    if (result !== undefined) rows.columns(result.fields.map(({ name }) => name));
    return result ?? { command: 'SELECT', rowCount: null, fields: [] };
  }
  const plain = async (sql: string): Promise<void> => void (await client.query(sql));

  return {
    async run(statement, rows) {
      const { sql, values } = bind(statement, 'postgres');
      const { command, rowCount } = await run(sql, values, rows);
      return { affected: changing.has(command ?? '') ? rowCount : null, insertId: null };
    },
    async begin(how) {
      access = how;
      await plain(how === 'read-only' ? 'BEGIN READ ONLY' : 'BEGIN');
    },
    commit: () => plain('COMMIT'),
    rollback: () => plain('ROLLBACK'),
    async kill() {
      if (isKilled) return;
      isKilled = true;
      await stopStatement();
    },
    async close() {
      // one that hangs is not waited for
      const ended = client.end().catch(() => undefined);
      const timer = setTimeout(() => client.connection.stream.destroy(), closeMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

const closeMs = 2_000;
const changing = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY']);

function clientOf({ Client, types }: Driver, { host, port, user, password, database, tls, connectMs }: ServerTarget): Client {
  const client = new Client({
    host,
    port,
    user,
    password,
    database,
    connectionTimeoutMillis: connectMs,
    application_name: 'muster',
    keepAlive: true,
    ssl: tls === undefined ? false : { ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: tls.verify },
    types: { getTypeParser: postgresParser(types) },
  });
  // a connection that breaks is told of by what waits on it
  client.on('error', () => undefined);
  return client;
}

/** A list is one of PostgreSQL; any other structure is JSON, which the driver makes of it. */
const inputOf = (value: Json): unknown => bytesOf(value) ?? value;

function sentenceOf(error: PostgresError): string {
  const { message, code, position, detail } = error;
  const reasons = error instanceof AggregateError ? (error.errors as Error[]).map((one) => one.message).join('; ') : '';
  const text = (message === '' ? reasons : message).replace(/[.\s]+$/, '');
  const place = position === undefined ? '' : `, at character ${position}`;
  const hint = code === '25006' ? ': a statement that changes something needs `readOnly` off, or the action `execute`' : '';
  const known = code === undefined || !/^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? '' : ` (${code}${place})`;
  return `${text}${hint}${known}.${detail === undefined ? '' : ` ${detail}`}`;
}
