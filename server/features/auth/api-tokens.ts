import type { ApiToken } from '../../../shared/api/access.ts';
import { toInstant, toInstantOrNull } from '../../../shared/api/listing.ts';
import type { RandomBytes } from '../../../shared/ids.ts';
import type { ApiTokensTable } from '../../schema/tables/access.tables.ts';
import { newSecret } from './opaque-secrets.ts';

export const newApiToken = (randomBytes: RandomBytes): string => `mst_${newSecret(randomBytes)}`;

export const apiTokenOf = (row: ApiTokensTable): ApiToken => ({
  id: row.id,
  name: row.name,
  role: row.role,
  createdBy: row.created_by,
  createdAt: toInstant(row.created_at),
  lastUsedAt: toInstantOrNull(row.last_used_at),
  expiresAt: toInstantOrNull(row.expires_at),
  revoked: row.revoked_at !== null,
});

type Validity = { readonly expires_at: number | null; readonly revoked_at: number | null };

export const isLive = (token: Validity, now: number): boolean =>
  token.revoked_at === null && (token.expires_at === null || token.expires_at > now);
