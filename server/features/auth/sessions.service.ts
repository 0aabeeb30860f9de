import type { IdGenerator, RandomBytes } from '../../../shared/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { AuditService } from '../audit/audit.service.ts';
import type { ActorCache } from './actor-cache.ts';
import { actorNameOfToken } from './api-token-actor.ts';
import { hashOfSecret, newSecret } from './opaque-secrets.ts';
import type { Origin } from './origin.ts';
import { noSessionCookie, sessionCookie, sessionSecretOf } from './session-cookie.ts';
import { deleteExpiredSessions, deleteSession, findSessionByHash, insertSession } from './sessions.store.ts';
import { sessionEnd } from './sessions.ts';

export type SessionsService = {
  /** @param holder the user or the API token that proved itself */
  openIn(writer: Writer, holder: { readonly userId: string } | { readonly tokenId: string }): Promise<OpenedSession>;
  /** Ends the session of this `Cookie` header, if there is one, and answers with the cookie that removes it. */
  signOut(cookieHeader: string | undefined, origin?: Origin): Promise<{ readonly setCookie: string }>;
};

export type OpenedSession = { readonly setCookie: string; readonly csrfToken: string };
export type SignedIn = { readonly setCookie: string; readonly actor: Actor };

export type SessionsResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: IdGenerator;
  readonly randomBytes: RandomBytes;
  readonly audit: AuditService;
  readonly cache: ActorCache;
  /** people reach the server by https */
  readonly secureCookies: boolean;
};

export function createSessions({
  db,
  clock,
  newId,
  randomBytes,
  audit,
  cache,
  secureCookies,
}: SessionsResources): SessionsService {
  return {
    async openIn(writer, holder) {
      const now = clock.now();
      const secret = newSecret(randomBytes);
      const csrfToken = newSecret(randomBytes);
      // the only writer of new sessions also clears the old ones away
      await deleteExpiredSessions(writer, now);
      await insertSession(writer, {
        id: newId('session'),
        user_id: 'userId' in holder ? holder.userId : null,
        token_id: 'tokenId' in holder ? holder.tokenId : null,
        secret_hash: hashOfSecret(secret),
        csrf_token: csrfToken,
        created_at: now,
        expires_at: sessionEnd(now, now),
      });
      return { setCookie: sessionCookie(secret, secureCookies), csrfToken };
    },
    async signOut(cookieHeader, { address = null } = {}) {
      const setCookie = noSessionCookie(secureCookies);
      const secret = sessionSecretOf(cookieHeader);
      if (secret === undefined) return { setCookie };
      const id = await db.write(async (writer) => {
        const session = await findSessionByHash(writer, hashOfSecret(secret));
        if (session === undefined) return undefined;
        await deleteSession(writer, session.id);
        const name = session.user_name ?? actorNameOfToken(session.token_name ?? '');
        await audit.recordIn(writer, { actor: name, action: 'user.signed_out', subject: name, address });
        return session.id;
      });
      if (id !== undefined) cache.forget(id);
      return { setCookie };
    },
  };
}
