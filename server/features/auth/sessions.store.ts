import type { Role } from '../../../shared/permissions.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { SessionsTable } from '../../schema/tables/access.tables.ts';

/** A session with the user or the API token that it is of. */
export type SessionWithHolder = SessionsTable & {
  readonly user_name: string | null;
  readonly user_role: Role | null;
  readonly user_disabled: number | null;
  readonly token_name: string | null;
  readonly token_role: Role | null;
  readonly token_expires_at: number | null;
  readonly token_revoked_at: number | null;
};

export const insertSession = (writer: Writer, row: SessionsTable) => writer.insertInto('sessions').values(row).execute();

/** Index: the unique one on the hash. */
export const findSessionByHash = (db: Reader | Writer, hash: string): Promise<SessionWithHolder | undefined> =>
  db
    .selectFrom('sessions')
    .leftJoin('users', 'users.id', 'sessions.user_id')
    .leftJoin('api_tokens', 'api_tokens.id', 'sessions.token_id')
    .selectAll('sessions')
    .select(['users.name as user_name', 'users.role as user_role', 'users.disabled as user_disabled'])
    .select(['api_tokens.name as token_name', 'api_tokens.role as token_role'])
    .select(['api_tokens.expires_at as token_expires_at', 'api_tokens.revoked_at as token_revoked_at'])
    .where('sessions.secret_hash', '=', hash)
    .executeTakeFirst();

export const moveSessionEnd = (writer: Writer, id: string, expiresAt: number) =>
  writer
    .updateTable('sessions')
    .set({ expires_at: expiresAt })
    .where('id', '=', id)
    .where('expires_at', '<', expiresAt)
    .execute();

export const deleteSession = (writer: Writer, id: string) => writer.deleteFrom('sessions').where('id', '=', id).execute();

/** Index: sessions_by_user. */
export const deleteSessionsOfUser = (writer: Writer, userId: string) =>
  writer.deleteFrom('sessions').where('user_id', '=', userId).execute();

/** @param keep CSRF token of the session that stays; null: none stays. Index: sessions_by_user. */
export function deleteOtherSessionsOfUser(writer: Writer, userId: string, keep: string | null) {
  const query = writer.deleteFrom('sessions').where('user_id', '=', userId);
  return (keep === null ? query : query.where('csrf_token', '<>', keep)).execute();
}

/** Index: sessions_by_token. */
export const deleteSessionsOfToken = (writer: Writer, tokenId: string) =>
  writer.deleteFrom('sessions').where('token_id', '=', tokenId).execute();

/** Index: sessions_by_expiry. */
export const deleteExpiredSessions = (writer: Writer, now: number) =>
  writer.deleteFrom('sessions').where('expires_at', '<=', now).execute();
