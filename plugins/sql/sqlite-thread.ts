/**
 * The thread that has an SQLite database open. It does what it is told, one message at a time.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import type { Json } from '../../shared/json.ts';
import { bytesOf, toJson } from './json-values.ts';
import type { Room } from './session.ts';

export type ToThread =
  | { readonly type: 'open'; readonly file: string; readonly mode: 'readOnly' | 'write' | 'create'; readonly lockMs: number }
  | { readonly type: 'run'; readonly sql: string; readonly values: readonly Json[]; readonly room: Room };
export type FromThread =
  | {
      readonly type: 'done';
      readonly columns: string[];
      readonly rows: Json[][];
      readonly affected: number;
      readonly insertId: Json;
    }
  | { readonly type: 'failed'; readonly message: string };

// that SQLite is new in Node is no news for the log of a task
process.removeAllListeners('warning');
const { DatabaseSync: Database } = await import('node:sqlite');
let database: DatabaseSync | undefined;

parentPort?.on('message', (message: ToThread) => {
  let answer: FromThread;
  try {
    answer = message.type === 'open' ? open(message) : run(message);
  } catch (error) {
    answer = { type: 'failed', message: sentenceOf(error as Error & { readonly errcode?: number }) };
  }
  parentPort?.postMessage(answer);
});

const nothing = { type: 'done', columns: [], rows: [], affected: 0, insertId: null } as const;

function open({ file, mode, lockMs }: Extract<ToThread, { readonly type: 'open' }>): FromThread {
  // SQLite would make an empty database of a name that is misspelt
  const path = mode === 'write' ? `file:${encodeURI(file).replace(/[?#]/g, encodeURIComponent)}?mode=rw` : file;
  database = new Database(path, { readOnly: mode === 'readOnly' && file !== ':memory:', timeout: lockMs });
  // without a look at it, a file that is no database is noticed by the first statement only
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  return { ...nothing, columns: [], rows: [] };
}

function run({ sql, values, room }: Extract<ToThread, { readonly type: 'run' }>): FromThread {
  if (database === undefined) throw new Error('No database is open.');
  const statement = database.prepare(sql);
  const rest = sql.slice(statement.sourceSQL.length);
  if (!isEmpty(rest)) throw new Error('There is more than one statement in the text: give them one by one.');
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const bound = values.map(inputOf);
  const columns = statement.columns().map(({ name }) => name);
  if (columns.length === 0) {
    const { changes, lastInsertRowid } = statement.run(...bound);
    const isInsert = /^\s*(with\b[\s\S]*\b)?(insert|replace)\b/i.test(sql);
    return { ...nothing, columns, rows: [], affected: Number(changes), insertId: isInsert ? toJson(lastInsertRowid) : null };
  }
  const before = changesOf(database);
  const rows: Json[][] = [];
  let chars = 0;
  // what a statement changes is done before it gives its first row, so that the rest can be left
  for (const row of statement.iterate(...bound) as unknown as Iterable<unknown[]>) {
    const values = row.map(toJson);
    rows.push(values);
    chars += JSON.stringify(values).length;
    // one too many, so that it is seen that there are more
    if (rows.length > room.rows || chars > room.chars) break;
  }
  return { ...nothing, columns, rows, affected: changesOf(database) - before };
}

const changesOf = (of: DatabaseSync): number =>
  Number((of.prepare('SELECT total_changes() AS n').get() as { readonly n: number }).n);

/** A whole number stays one: SQLite would take any number of JavaScript for a fraction. */
function inputOf(value: Json): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === 'object' && value !== null) return bytesOf(value) ?? JSON.stringify(value);
  return value;
}

const isEmpty = (text: string): boolean => text.replace(/--[^\n]*|\/\*[\s\S]*?(\*\/|$)|[\s;]+/g, '') === '';

function sentenceOf({ message, errcode }: Error & { readonly errcode?: number }): string {
  if (errcode === undefined) return message;
  const meaning = meanings[errcode & 0xff];
  return `SQLite: ${message}${meaning === undefined ? '.' : `: ${meaning}.`}`;
}

const meanings: Readonly<Record<number, string>> = {
  5: 'another program holds it; it was waited for',
  8: 'a statement that changes something needs `readOnly` off, or the action `execute`',
  14: 'the file is not there (`create` of `execute` makes it), or the agent may not read it',
  26: 'the file is something else',
};
