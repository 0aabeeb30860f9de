import type { Reader, Writer } from '../../schema/schema.ts';
import type { UsersTable } from '../../schema/tables/access.tables.ts';

export const findUser = (db: Reader | Writer, id: string): Promise<UsersTable | undefined> =>
  db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();

/** Index: the unique one on the name. */
export const findUserByName = (db: Reader | Writer, name: string): Promise<UsersTable | undefined> =>
  db.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst();

/** Newest first, by keyset on the id. */
export function listUsers(db: Reader, after: string | undefined, limit: number): Promise<UsersTable[]> {
  const query = db.selectFrom('users').selectAll();
  return (after === undefined ? query : query.where('id', '<', after)).orderBy('id', 'desc').limit(limit).execute();
}

/** @returns false if the name is taken */
export async function insertUser(writer: Writer, row: UsersTable): Promise<boolean> {
  const result = await writer
    .insertInto('users')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export const updateUser = (writer: Writer, id: string, changes: Partial<UsersTable>) =>
  writer.updateTable('users').set(changes).where('id', '=', id).execute();

export async function hasEnabledAdminBesides(db: Reader | Writer, id: string): Promise<boolean> {
  const query = db.selectFrom('users').select('id').where('role', '=', 'admin').where('disabled', '=', 0).where('id', '<>', id);
  return (await query.limit(1).executeTakeFirst()) !== undefined;
}
