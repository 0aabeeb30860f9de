import type { z } from 'zod';
import type { JoinToken, joinTokenCreated, joinTokenInput } from '../../../shared/api/access.ts';
import type { Page, pageQuery } from '../../../shared/api/listing.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator, RandomBytes } from '../../../shared/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import { cursorOf, pageOfRows } from '../../platform/db/keyset.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { JoinTokensTable } from '../../schema/tables/access.tables.ts';
import type { AuditService } from '../audit/audit.service.ts';
import {
  findJoinToken,
  findJoinTokenByHash,
  insertJoinToken,
  listJoinTokens,
  revokeJoinToken,
  spendJoinToken,
} from './join-tokens.store.ts';
import { joinSecretOf, joinTokenOf, joinTokenText, whyNotSpendable } from './join-tokens.ts';
import { hashOfSecret, newSecret } from './opaque-secrets.ts';
import type { CreateOptions, Origin } from './origin.ts';

export type JoinTokenCreated = z.infer<typeof joinTokenCreated>;

export type JoinTokensService = {
  list(query: z.infer<typeof pageQuery>): Promise<Page<JoinToken>>;
  /** @throws not_found */
  get(id: string): Promise<JoinToken>;
  /** The answer is the only place where the token ever stands. */
  create(
    input: z.infer<typeof joinTokenInput>,
    actor: Pick<Actor, 'name'>,
    options?: CreateOptions<JoinTokenCreated>,
  ): Promise<JoinTokenCreated>;
  /** Agents that joined by it stay. Revoking again changes nothing. */
  revoke(id: string, actor: Actor, origin?: Origin): Promise<void>;
  /**
   * Counts a use, in the unit of work that makes the agent: if that fails, the use is not taken. Throws `join_token_invalid`.
   * @param token whole, as the agent sends it
   */
  spendIn(writer: Writer, token: string): Promise<SpentJoinToken>;
};

export type SpentJoinToken = {
  readonly id: string;
  /** the name that the token fixes; null: the agent chooses */
  readonly agentName: string | null;
  readonly tags: string[];
};

export type JoinTokensResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: IdGenerator;
  readonly randomBytes: RandomBytes;
  readonly audit: AuditService;
  /** of the server's public key */
  readonly fingerprint: string;
};

export function createJoinTokens({ db, clock, newId, randomBytes, audit, fingerprint }: JoinTokensResources): JoinTokensService {
  return {
    async list({ limit, after }) {
      return pageOfRows(await listJoinTokens(db.read, cursorOf(after, 'joinToken'), limit + 1), limit, joinTokenOf);
    },

    async get(id) {
      const row = await findJoinToken(db.read, id);
      if (row === undefined) throw new MusterError('not_found', 'There is no such join token.');
      return joinTokenOf(row);
    },

    async create({ expiresInSeconds, maxUses, agentName = null, tags }, actor, { address = null, alongside } = {}) {
      if (agentName !== null && maxUses !== 1) {
        throw new MusterError('field_invalid', 'A token that fixes the name is for one agent, so it has one use.', {
          field: 'maxUses',
        });
      }
      const secret = newSecret(randomBytes);
      const now = clock.now();
      const row: JoinTokensTable = {
        id: newId('joinToken'),
        secret_hash: hashOfSecret(secret),
        created_by: actor.name,
        created_at: now,
        expires_at: now + expiresInSeconds * 1000,
        max_uses: maxUses,
        uses: 0,
        agent_name: agentName,
        tags: JSON.stringify([...new Set(tags)]),
        revoked_at: null,
      };
      const created = { ...joinTokenOf(row), token: joinTokenText(secret, fingerprint) };
      await db.write(async (writer) => {
        await insertJoinToken(writer, row);
        const detail = { expiresAt: created.expiresAt, maxUses, agentName, tags: created.tags };
        await audit.recordIn(writer, { actor: actor.name, action: 'join_token.created', subject: row.id, detail, address });
        await alongside?.(writer, created);
      });
      return created;
    },

    async revoke(id, actor, { address = null } = {}) {
      await db.write(async (writer) => {
        const row = await findJoinToken(writer, id);
        if (row === undefined) throw new MusterError('not_found', 'There is no such join token.');
        if (row.revoked_at !== null) return;
        await revokeJoinToken(writer, id, clock.now());
        await audit.recordIn(writer, { actor: actor.name, action: 'join_token.revoked', subject: id, address });
      });
    },

    async spendIn(writer, token) {
      const hash = hashOfSecret(joinSecretOf(token, fingerprint));
      const now = clock.now();
      const spent = await spendJoinToken(writer, hash, now);
      if (spent === undefined) throw whyNotSpendable(await findJoinTokenByHash(writer, hash), now);
      const { id, agentName, tags, uses, maxUses } = joinTokenOf(spent);
      // the address is in the entry of the agent that joins, in the same unit of work
      await audit.recordIn(writer, {
        actor: `join-token:${id}`,
        action: 'join_token.used',
        subject: id,
        detail: { uses, maxUses },
      });
      return { id, agentName, tags };
    },
  };
}
