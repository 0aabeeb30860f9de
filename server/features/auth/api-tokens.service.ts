import type { z } from 'zod';
import type { ApiToken, tokenCreated, tokenInput } from '../../../shared/api/access.ts';
import type { Page, pageQuery } from '../../../shared/api/listing.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator, RandomBytes } from '../../../shared/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import { cursorOf, pageOfRows } from '../../platform/db/keyset.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database } from '../../schema/schema.ts';
import type { ApiTokensTable } from '../../schema/tables/access.tables.ts';
import type { AuditService } from '../audit/audit.service.ts';
import type { ActorCache } from './actor-cache.ts';
import { findApiToken, insertApiToken, listApiTokens, setApiTokenRevoked } from './api-tokens.store.ts';
import { apiTokenOf, newApiToken } from './api-tokens.ts';
import { hashOfSecret } from './opaque-secrets.ts';
import type { CreateOptions, Origin } from './origin.ts';
import { assertMayGrant, assertMayManage } from './roles.ts';
import { deleteSessionsOfToken } from './sessions.store.ts';

export type ApiTokenCreated = z.infer<typeof tokenCreated>;

export type ApiTokensService = {
  list(query: z.infer<typeof pageQuery>): Promise<Page<ApiToken>>;
  /** @throws not_found */
  get(id: string): Promise<ApiToken>;
  /** The answer is the only place where the token ever stands. */
  create(input: z.infer<typeof tokenInput>, actor: Actor, options?: CreateOptions<ApiTokenCreated>): Promise<ApiTokenCreated>;
  /** Takes effect at once, also for the sessions that it opened. Revoking again changes nothing. */
  revoke(id: string, actor: Actor, origin?: Origin): Promise<void>;
};

export type ApiTokensResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: IdGenerator;
  readonly randomBytes: RandomBytes;
  readonly audit: AuditService;
  readonly cache: ActorCache;
};

export function createApiTokens({ db, clock, newId, randomBytes, audit, cache }: ApiTokensResources): ApiTokensService {
  return {
    async list({ limit, after }) {
      return pageOfRows(await listApiTokens(db.read, cursorOf(after, 'token'), limit + 1), limit, apiTokenOf);
    },

    async get(id) {
      const row = await findApiToken(db.read, id);
      if (row === undefined) throw new MusterError('not_found', 'There is no such token.');
      return apiTokenOf(row);
    },

    async create({ name, role, expiresInSeconds }, actor, { address = null, alongside } = {}) {
      assertMayGrant(actor, role);
      const token = newApiToken(randomBytes);
      const now = clock.now();
      const row: ApiTokensTable = {
        id: newId('token'),
        name,
        role,
        token_hash: hashOfSecret(token),
        created_by: actor.name,
        created_at: now,
        last_used_at: null,
        expires_at: expiresInSeconds === undefined ? null : now + expiresInSeconds * 1000,
        revoked_at: null,
      };
      const created = { ...apiTokenOf(row), token };
      await db.write(async (writer) => {
        await insertApiToken(writer, row);
        const detail = { name, role, expiresAt: created.expiresAt };
        await audit.recordIn(writer, { actor: actor.name, action: 'token.created', subject: row.id, detail, address });
        await alongside?.(writer, created);
      });
      return created;
    },

    async revoke(id, actor, { address = null } = {}) {
      await db.write(async (writer) => {
        const row = await findApiToken(writer, id);
        if (row === undefined) throw new MusterError('not_found', 'There is no such token.');
        assertMayManage(actor, row);
        if (row.revoked_at !== null) return;
        await setApiTokenRevoked(writer, id, clock.now());
        await deleteSessionsOfToken(writer, id);
        await audit.recordIn(writer, {
          actor: actor.name,
          action: 'token.revoked',
          subject: id,
          detail: { name: row.name },
          address,
        });
      });
      cache.forget(id);
    },
  };
}
