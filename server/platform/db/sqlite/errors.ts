import { MusterError } from '../../../../shared/errors.ts';

/** Failures of disk and file in the words of the catalogue. What a query did wrong, such as a constraint, stays for its store to judge. */
export function explainSqliteError(error: unknown): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') {
    return new MusterError(
      'disk_full',
      'The disk that holds the database is full. Nothing was written; free some space and try again.',
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new MusterError(
      'internal',
      `The database could not be read or written (${code}). Check the disk that holds the data folder.`,
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new MusterError('internal', 'Another program holds the database locked. Close what has it open.', { cause: error });
  }
  return error;
}

/**
 * The extended result code, such as `SQLITE_CONSTRAINT_UNIQUE`, or undefined for an error that is not from SQLite. Told by name: where
 * modules are loaded more than once in a process, as in tests, the driver throws an instance of another copy of the class.
 */
export function sqliteCode(error: unknown): string | undefined {
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown };
  return name === 'SqliteError' && typeof code === 'string' ? code : undefined;
}
