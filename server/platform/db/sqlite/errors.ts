import { MusterError } from '../../../../shared/errors.ts';

/** Failures of disk and file in the words of the catalogue. What a query did wrong, such as a constraint, stays for its store to judge. */
export function explainSqliteError(error: unknown, file = 'the data folder'): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return error;
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') {
    return new MusterError(
      'disk_full',
      `The disk that holds the database (${file}) is full. Nothing was written; free some space there and send it again.`,
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new MusterError(
      'internal',
      `The database in ${file} is damaged, or is no database of Muster (${code}). Stop the server and restore a backup with \`muster restore FILE --force\`, which sets the damaged folder aside; \`muster doctor\` tells more.`,
      { cause: error },
    );
  }
  if (code === 'SQLITE_CANTOPEN' || code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM') {
    return new MusterError(
      'internal',
      `The database in ${file} cannot be opened for writing (${code}). Start the server as the user who owns it, on a file system that may be written.`,
      { cause: error },
    );
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new MusterError(
      'internal',
      `The database could not be read or written (${code}). Check the disk that holds ${file}.`,
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
