import type { Actor } from '../../platform/http/actor.ts';
import type { Reader } from '../../schema/schema.ts';
import type { KnownActor } from './actor-cache.ts';
import { actorOfToken } from './api-token-actor.ts';
import { isLive } from './api-tokens.ts';
import { findSessionByHash, moveSessionEnd, type SessionWithHolder } from './sessions.store.ts';
import { sessionEnd, slidesFrom } from './sessions.ts';

type User = { readonly id: string; readonly name: string; readonly role: Actor['role'] };

export const actorOfUser = ({ id, name, role }: User, csrfToken: string): Actor => ({ kind: 'user', id, name, role, csrfToken });

export async function findActorOfSession(db: Reader, hash: string, now: number): Promise<KnownActor | undefined> {
  const row = await findSessionByHash(db, hash);
  const holder = row === undefined ? undefined : holderOf(row, now);
  if (row === undefined || holder === undefined) return undefined;
  // a session that a token opened does not outlive the token
  const endsAt = (end: number): number => Math.min(end, holder.expiresAt ?? end);
  return {
    actor: holder.actor,
    readAt: now,
    restsOn: [row.id, holder.actor.id],
    expiresAt: endsAt(row.expires_at),
    touchAt: slidesFrom(row.created_at, row.expires_at),
    async touch(writer, usedAt) {
      const end = sessionEnd(row.created_at, usedAt);
      await moveSessionEnd(writer, row.id, end);
      return { expiresAt: endsAt(end), touchAt: slidesFrom(row.created_at, end) };
    },
  };
}

/** The user or the token of a session, unless it may no longer sign in. */
function holderOf(row: SessionWithHolder, now: number): { actor: Actor; expiresAt: number | null } | undefined {
  const { user_id, user_name, user_role, user_disabled, token_id, token_name, token_role } = row;
  if (user_id !== null && user_name !== null && user_role !== null) {
    if (user_disabled !== 0) return undefined;
    return { actor: actorOfUser({ id: user_id, name: user_name, role: user_role }, row.csrf_token), expiresAt: null };
  }
  if (token_id === null || token_name === null || token_role === null) return undefined;
  if (!isLive({ expires_at: row.token_expires_at, revoked_at: row.token_revoked_at }, now)) return undefined;
  return {
    actor: actorOfToken({ id: token_id, name: token_name, role: token_role }, row.csrf_token),
    expiresAt: row.token_expires_at,
  };
}
