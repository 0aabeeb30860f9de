import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { MusterError } from '../../../shared/errors.ts';
import type { Migration } from './migrations.ts';
import type { DatabasePort } from './port.ts';

type MigrationsTable = { schema_migrations: { name: string; applied_at: number; checksum: string } };

/**
 * Applies what the database does not hold yet, in order, each migration in one transaction: a crash leaves whole migrations only.
 * Refuses, before it touches anything, a database that a newer version has changed or whose history is not that of this version.
 *
 * @returns the names of the migrations that it applied
 */
export async function migrate<Tables>(
  port: DatabasePort<Tables>,
  migrations: readonly Migration[],
  now: () => number,
): Promise<readonly string[]> {
  const database = port as unknown as DatabasePort<MigrationsTable>;
  await database.write(async (transaction) => {
    await sql`CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL, checksum TEXT NOT NULL)`.execute(
      transaction,
    );
  });
  const applied = await database.read.selectFrom('schema_migrations').select(['name', 'checksum']).orderBy('name').execute();
  refuseForeignHistory(applied, migrations);

  const missing = migrations.slice(applied.length);
  for (const migration of missing) {
    await database.write(async (transaction) => {
      for (const statement of migration.statements) await sql.raw(statement).execute(transaction);
      await transaction
        .insertInto('schema_migrations')
        .values({ name: migration.name, applied_at: now(), checksum: checksumOf(migration) })
        .execute();
    });
  }
  return missing.map(({ name }) => name);
}

export const checksumOf = (migration: Migration): string =>
  createHash('sha256').update(JSON.stringify(migration.statements)).digest('hex');

type Applied = { readonly name: string; readonly checksum: string };

/** What is applied must be the first of `migrations`, unchanged. */
function refuseForeignHistory(applied: readonly Applied[], migrations: readonly Migration[]): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  const unknown = applied.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (unknown.length > 0) {
    throw new MusterError(
      'state_conflict',
      `The database was written by a newer version: this one does not know its ${unknown.length === 1 ? 'migration' : 'migrations'} ${unknown.join(', ')}. Start the newer version, or restore a backup from before it.`,
    );
  }
  const order = migrations.slice(0, applied.length).map(({ name }) => name);
  for (const [index, { name, checksum }] of applied.entries()) {
    const migration = known.get(name);
    if (migration !== undefined && checksumOf(migration) !== checksum) {
      throw new MusterError(
        'state_conflict',
        `The migration ${name} was applied to this database in a different form. Use the version that wrote it, or restore a backup.`,
      );
    }
    if (order[index] !== name) {
      throw new MusterError(
        'state_conflict',
        `The migration ${order[index]} is missing in this database although ${name}, which comes later, is there. Restore a backup.`,
      );
    }
  }
}
