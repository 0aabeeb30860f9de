import { Worker } from 'node:worker_threads';
import type { Json } from '../../shared/json.ts';
import { bind } from './placeholders.ts';
import type { Access, Session } from './session.ts';
import type { FromThread, ToThread } from './sqlite-thread.ts';
import type { Target } from './target.ts';

type Waiting = {
  readonly done: (message: Extract<FromThread, { readonly type: 'done' }>) => void;
  readonly failed: (error: Error) => void;
};

/**
 * SQLite of Node itself, in a thread: nothing can interrupt a statement of it, and the plugin must hear that it is to stop. The thread of a
 * statement that is given up goes on until the process ends, which therefore must not be used again: the timer that is left pending tells the
 * agent so.
 */
export async function openSqlite(
  { file, create }: Extract<Target, { readonly engine: 'sqlite' }>,
  access: Access,
  statementMs: number,
): Promise<Session> {
  const thread = new Worker(new URL('./sqlite-thread.ts', import.meta.url));
  let waiting: Waiting | undefined;
  let isKilled = false;
  const fail = (error: Error): void => waiting?.failed(error);
  thread.on('message', (message: FromThread) => {
    if (message.type === 'done') waiting?.done(message);
    else fail(new Error(message.message));
  });
  thread.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
  thread.on('exit', () => fail(new Error('The thread with the database ended.')));

  function ask(message: ToThread): Promise<Extract<FromThread, { readonly type: 'done' }>> {
    if (isKilled) return Promise.reject(new Error('The statement was given up.'));
    return new Promise<Extract<FromThread, { readonly type: 'done' }>>((done, failed) => {
      waiting = { done, failed };
      thread.postMessage(message);
    }).finally(() => {
      waiting = undefined;
    });
  }
  const plain = async (sql: string): Promise<void> =>
    void (await ask({ type: 'run', sql, values: [], room: { rows: 0, chars: 0 } }));
  const mode = access === 'read-only' ? 'readOnly' : create ? 'create' : 'write';
  // somebody else's lock is waited for, nearly as long as the statement may take, so that there is time left to tell of it
  const lockMs = Math.floor(Math.max(statementMs / 2, statementMs - 2000));
  await ask({ type: 'open', file, mode, lockMs });
  return {
    async run(statement, rows) {
      const { sql, values } = bind(statement, 'sqlite');
      const end = await ask({ type: 'run', sql, values, room: rows.room });
      rows.columns(end.columns);
      for (const row of end.rows as Json[][]) if (!rows.row(row)) break;
      return { affected: end.columns.length > 0 && end.affected === 0 ? null : end.affected, insertId: end.insertId };
    },
    begin: (how) => plain(how === 'read-only' ? 'BEGIN' : 'BEGIN IMMEDIATE'),
    commit: () => plain('COMMIT'),
    rollback: () => plain('ROLLBACK'),
    async kill() {
      if (isKilled) return;
      isKilled = true;
      if (waiting === undefined) return;
      setTimeout(() => undefined, forEverMs);
      fail(new Error('The statement was given up.'));
      void thread.terminate();
    },
    async close() {
      if (isKilled) return;
      isKilled = true;
      await thread.terminate();
    },
  };
}

const forEverMs = 2_147_483_647;
