/** SQLSTATE for PostgreSQL, extended result codes for SQLite. */
const codes: ReadonlySet<unknown> = new Set(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505']);

/** A query failed because the key or a unique column holds this value already. */
export const isUniqueViolation = (error: unknown): boolean => codes.has((error as { readonly code?: unknown } | null)?.code);
