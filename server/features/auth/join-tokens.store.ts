import type { Reader, Writer } from '../../schema/schema.ts';
import type { JoinTokensTable } from '../../schema/tables/access.tables.ts';

export const insertJoinToken = (writer: Writer, row: JoinTokensTable) => writer.insertInto('join_tokens').values(row).execute();

export const findJoinToken = (db: Reader | Writer, id: string): Promise<JoinTokensTable | undefined> =>
  db.selectFrom('join_tokens').selectAll().where('id', '=', id).executeTakeFirst();

/** Index: the unique one on the hash. */
export const findJoinTokenByHash = (db: Reader | Writer, hash: string): Promise<JoinTokensTable | undefined> =>
  db.selectFrom('join_tokens').selectAll().where('secret_hash', '=', hash).executeTakeFirst();

/** Newest first, by keyset on the id. */
export function listJoinTokens(db: Reader, after: string | undefined, limit: number): Promise<JoinTokensTable[]> {
  const query = db.selectFrom('join_tokens').selectAll();
  return (after === undefined ? query : query.where('id', '<', after)).orderBy('id', 'desc').limit(limit).execute();
}

export const revokeJoinToken = (writer: Writer, id: string, revokedAt: number) =>
  writer.updateTable('join_tokens').set({ revoked_at: revokedAt }).where('id', '=', id).execute();

/** Counts a use if one is left: one statement, so that two agents cannot take the same one. */
export const spendJoinToken = (writer: Writer, hash: string, now: number): Promise<JoinTokensTable | undefined> =>
  writer
    .updateTable('join_tokens')
    .set((eb) => ({ uses: eb('uses', '+', 1) }))
    .where('secret_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .whereRef('uses', '<', 'max_uses')
    .returningAll()
    .executeTakeFirst();
