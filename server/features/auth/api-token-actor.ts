import type { Actor } from '../../platform/http/actor.ts';
import type { Reader } from '../../schema/schema.ts';
import type { KnownActor } from './actor-cache.ts';
import { findApiTokenByHash, setApiTokenUsed } from './api-tokens.store.ts';
import { isLive } from './api-tokens.ts';

type Token = { readonly id: string; readonly name: string; readonly role: Actor['role'] };

/** How the audit and `createdBy` name a token; the colon keeps it apart from every user's name. */
export const actorNameOfToken = (tokenName: string): string => `token:${tokenName}`;

export const actorOfToken = ({ id, name, role }: Token, csrfToken: string | null): Actor => ({
  kind: 'token',
  id,
  name: actorNameOfToken(name),
  role,
  csrfToken,
});

/** The time of the last use is written no more often than this. */
const usedStepMs = 60_000;

export async function findActorOfToken(db: Reader, hash: string, now: number): Promise<KnownActor | undefined> {
  const row = await findApiTokenByHash(db, hash);
  if (row === undefined || !isLive(row, now)) return undefined;
  return {
    actor: actorOfToken(row, null),
    readAt: now,
    restsOn: [row.id],
    expiresAt: row.expires_at,
    touchAt: row.last_used_at === null ? now : row.last_used_at + usedStepMs,
    async touch(writer, usedAt) {
      await setApiTokenUsed(writer, row.id, usedAt, usedAt - usedStepMs);
      return { expiresAt: row.expires_at, touchAt: usedAt + usedStepMs };
    },
  };
}
