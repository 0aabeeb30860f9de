import type { Database } from 'better-sqlite3';
import type { DatabaseConnection, Transaction } from 'kysely';
import { MusterError } from '../../../../shared/errors.ts';
import type { WriteEngine } from '../write-engine.ts';
import type { SqliteDialect } from './dialect.ts';
import { explainSqliteError } from './errors.ts';

/** Transactions and savepoints as prepared statements, executed straight on the connection. */
export function createWriteEngine<Tables>(
  database: Database,
  connection: DatabaseConnection,
  dialect: SqliteDialect,
  file?: string,
): WriteEngine<Transaction<Tables>> {
  const statement = (sql: string): (() => void) => {
    const prepared = database.prepare<[]>(sql);
    return () => void prepared.run();
  };
  const begin = statement('BEGIN IMMEDIATE');
  const rollback = statement('ROLLBACK');
  const rollbackTo = statement('ROLLBACK TO unit');
  const release = statement('RELEASE unit');

  return {
    settlesWithinTurn: true,
    begin() {
      if (database.inTransaction) rollback();
      begin();
    },
    commit: statement('COMMIT'),
    rollback,
    savepoint: statement('SAVEPOINT unit'),
    releaseSavepoint: release,
    rollbackToSavepoint() {
      rollbackTo();
      release();
    },
    inTransaction: () => database.inTransaction,
    openUnit() {
      let ended = false;
      const guard = (): void => {
        if (ended)
          throw new MusterError(
            'internal',
            'A unit of work is over, but one of its queries came later: await every query inside the unit.',
          );
      };
      return {
        transaction: dialect.transaction<Tables>(connection, guard),
        end() {
          ended = true;
        },
      };
    },
    explain: (error) => explainSqliteError(error, file),
  };
}
