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
 * @param before is called once, ahead of the first change to a database that is in use, with the name of the migration that comes
 * @returns the names of the migrations that it applied
 */
export async function migrate<Tables>(
  port: DatabasePort<Tables>,
  migrations: readonly Migration[],
  now: () => number,
  before: (name: string) => Promise<void> = async () => undefined,
): Promise<readonly string[]> {
  const database = port as unknown as DatabasePort<MigrationsTable>;
  await refuseForeignDatabase(database);
  await database.write(async (transaction) => {
    await sql`CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, applied_at BIGINT NOT NULL, checksum TEXT NOT NULL)`.execute(
      transaction,
    );
  });
  const applied = await database.read.selectFrom('schema_migrations').select(['name', 'checksum']).orderBy('name').execute();
  refuseForeignHistory(applied, migrations);

  const missing = migrations.slice(applied.length);
  if (applied.length > 0 && missing[0] !== undefined) await before(missing[0].name);
  for (const migration of missing) {
    await database.write(async (transaction) => {
      for (const statement of migration.statements) await sql.raw(statement).execute(transaction);
      // instant: migration-half
      await transaction
        .insertInto('schema_migrations')
        .values({ name: migration.name, applied_at: now(), checksum: checksumOf(migration) })
        .execute();
    });
  }
  return missing.map(({ name }) => name);
}

/** A database that has tables, and none of them ours, belongs to somebody else. */
async function refuseForeignDatabase({ read }: DatabasePort<MigrationsTable>): Promise<void> {
  const tables = await read.introspection.getTables();
  if (tables.length === 0 || tables.some(({ name }) => name === 'schema_migrations')) return;
  const names = tables.slice(0, 3).map(({ name }) => name);
  throw new MusterError(
    'state_conflict',
    `The database in the data folder is not one of Muster: it has the tables ${names.join(', ')}${tables.length > 3 ? ', …' : ''}. Set MUSTER_DATA_DIR to another folder.`,
  );
}

export const checksumOf = (migration: Migration): string =>
  createHash('sha256').update(JSON.stringify(migration.statements)).digest('hex');

type Applied = { readonly name: string; readonly checksum: string };

/** What is applied must be the first of `migrations`, unchanged. @param what is told of in a refusal */
export function refuseForeignHistory(applied: readonly Applied[], migrations: readonly Migration[], what = 'The database'): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  const unknown = applied.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (unknown.length > 0) {
    throw new MusterError(
      'state_conflict',
      `${what} was written by a newer version: this one does not know its ${unknown.length === 1 ? 'migration' : 'migrations'} ${unknown.join(', ')}. Start the newer version, or restore a backup from before it.`,
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
