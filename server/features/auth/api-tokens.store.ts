import type { Reader, Writer } from '../../schema/schema.ts';
import type { ApiTokensTable } from '../../schema/tables/access.tables.ts';

export const insertApiToken = (writer: Writer, row: ApiTokensTable) => writer.insertInto('api_tokens').values(row).execute();

export const findApiToken = (db: Reader | Writer, id: string): Promise<ApiTokensTable | undefined> =>
  db.selectFrom('api_tokens').selectAll().where('id', '=', id).executeTakeFirst();

/** Index: the unique one on the hash. */
export const findApiTokenByHash = (db: Reader | Writer, hash: string): Promise<ApiTokensTable | undefined> =>
  db.selectFrom('api_tokens').selectAll().where('token_hash', '=', hash).executeTakeFirst();

/** Newest first, by keyset on the id. */
export function listApiTokens(db: Reader, after: string | undefined, limit: number): Promise<ApiTokensTable[]> {
  const query = db.selectFrom('api_tokens').selectAll();
  return (after === undefined ? query : query.where('id', '<', after)).orderBy('id', 'desc').limit(limit).execute();
}

/** Not revoked ones of one name and maker. A handful of rows, read at start: no index. */
export const liveApiTokensOf = (db: Reader | Writer, name: string, createdBy: string): Promise<ApiTokensTable[]> =>
  db
    .selectFrom('api_tokens')
    .selectAll()
    .where('name', '=', name)
    .where('created_by', '=', createdBy)
    .where('revoked_at', 'is', null)
    .execute();

export const setApiTokenRevoked = (writer: Writer, id: string, revokedAt: number | null) =>
  writer.updateTable('api_tokens').set({ revoked_at: revokedAt }).where('id', '=', id).execute();

/** Only if it was not written since `notSince`. */
export const setApiTokenUsed = (writer: Writer, id: string, usedAt: number, notSince: number) =>
  writer
    .updateTable('api_tokens')
    .set({ last_used_at: usedAt })
    .where('id', '=', id)
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<=', notSince)]))
    .execute();
