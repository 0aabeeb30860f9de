import type { EventEmitter } from 'node:events';
import type { Json } from '../../shared/json.ts';
import { bytesOf, toJson } from './json-values.ts';
import { mysqlValue } from './mysql-types.ts';
import { bind } from './placeholders.ts';
import type { Outcome, RowTaker, Session } from './session.ts';
import type { ServerTarget } from './target.ts';

/** What is used of the driver; MariaDB speaks the same protocol. */
type Driver = { createConnection(options: object): Connection };
type Connection = EventEmitter & {
  readonly threadId: number | null;
  connect(done: (error: Error | null) => void): void;
  query(options: object): EventEmitter;
  execute(options: object, values: readonly unknown[]): EventEmitter;
  end(done: () => void): void;
  destroy(): void;
};
type Header = { readonly affectedRows: number; readonly insertId: number | string; readonly fieldCount: number };
type Column = { readonly name: string; readonly columnType: number };
type MysqlError = Error & { readonly errno?: number; readonly sqlState?: string; readonly code?: string };

const driverName: string = 'mysql2';
const interrupted = 1317;

export async function connectMysql(target: ServerTarget): Promise<Session> {
  const { default: driver } = (await import(driverName)) as { readonly default: Driver };
  const connection = await connected(driver, target);
  let access: 'read-only' | 'read-write' = 'read-write';
  let isKilled = false;

  /** By a connection of its own, as this one is busy. */
  async function stopStatement(): Promise<void> {
    let other: Connection | undefined;
    try {
      other = await connected(driver, target);
      await ended(other.query({ sql: `KILL QUERY ${Number(connection.threadId)}` }));
    } catch {
      // it cannot be reached any more: the server notices when it wants to answer
    } finally {
      other?.destroy();
    }
  }

  async function run(sql: string, values: readonly Json[], rows: RowTaker): Promise<Outcome> {
    // a statement without values needs no preparing, which some statements do not support
    const options = { sql, rowsAsArray: true };
    const command = values.length === 0 ? connection.query(options) : connection.execute(options, values.map(inputOf));
    let columns: readonly Column[] = [];
    let header: Header | undefined;
    let stopping: Promise<void> | undefined;
    command.on('fields', (given: readonly Column[] | undefined) => {
      columns = given ?? [];
      if (columns.length > 0) rows.columns(columns.map(({ name }) => name));
    });
    command.on('result', (row: unknown[] | Header) => {
      if (!Array.isArray(row)) header = row;
      else if (!rows.row(row.map((value, at) => toJson(mysqlValue(value, columns[at]?.columnType)))) && access === 'read-only')
        stopping ??= stopStatement();
    });
    await ended(command).catch((error: MysqlError) => {
      if (stopping === undefined || error.errno !== interrupted || isKilled) throw new Error(`MySQL: ${sentenceOf(error)}`);
    });
    await stopping;
    return {
      affected: header?.affectedRows ?? null,
      insertId: header === undefined || header.insertId === 0 ? null : header.insertId,
    };
  }
  const plain = async (sql: string): Promise<void> => ended(connection.query({ sql }));
  await plain("SET time_zone = '+00:00'");

  return {
    async run(statement, rows) {
      const { sql, values } = bind(statement, 'mysql');
      return run(sql, values, rows);
    },
    async begin(how) {
      access = how;
      await plain(how === 'read-only' ? 'START TRANSACTION READ ONLY' : 'START TRANSACTION');
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
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, closeMs);
        connection.end(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      connection.destroy();
    },
  };
}

const closeMs = 2_000;

async function connected(
  driver: Driver,
  { host, port, user, password, database, tls, connectMs }: ServerTarget,
): Promise<Connection> {
  const connection = driver.createConnection({
    ...(host.startsWith('/') ? { socketPath: host } : { host, port }),
    user,
    password,
    database,
    connectTimeout: connectMs,
    ...(tls === undefined
      ? {}
      : { ssl: { ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: tls.verify, verifyIdentity: tls.verify } }),
    supportBigNumbers: true,
    dateStrings: true,
    timezone: 'Z',
    charset: 'utf8mb4',
  });
  // a connection that breaks is told of by what waits on it
  connection.on('error', () => undefined);
  try {
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error === null || error === undefined ? resolve() : reject(error)));
    });
  } catch (error) {
    connection.destroy();
    throw new Error(`MySQL: ${sentenceOf(error as MysqlError)}`, { cause: error });
  }
  return connection;
}

const ended = (command: EventEmitter): Promise<void> =>
  new Promise((resolve, reject) => {
    command.on('error', reject);
    command.on('end', resolve);
  });

/** A whole number goes as text, which the server takes for any number: as the driver sends it, it would be a fraction. */
function inputOf(value: Json): unknown {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : value;
  return typeof value === 'object' && value !== null ? (bytesOf(value) ?? JSON.stringify(value)) : value;
}

function sentenceOf(error: MysqlError): string {
  const { message, errno, sqlState, code } = error;
  const reasons = error instanceof AggregateError ? (error.errors as Error[]).map((one) => one.message).join('; ') : '';
  const text = (message === '' ? reasons || (code ?? 'the connection failed') : message).replace(/[.\s]+$/, '');
  const hint = errno === 1792 ? ': a statement that changes something needs `readOnly` off, or the action `execute`' : '';
  return `${text}${hint}${sqlState === undefined || errno === undefined ? '' : ` (${errno}, ${sqlState})`}.`;
}
