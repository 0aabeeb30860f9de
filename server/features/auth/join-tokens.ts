import type { JoinToken } from '../../../shared/api/access.ts';
import { toInstant } from '../../../shared/api/listing.ts';
import { MusterError } from '../../../shared/errors.ts';
import { parseJoinToken } from '../../../shared/join-tokens.ts';
import type { JoinTokensTable } from '../../schema/tables/access.tables.ts';

export const joinTokenText = (secret: string, fingerprint: string): string => `mjt_${secret}.${fingerprint}`;

export const joinTokenOf = (row: JoinTokensTable): JoinToken => ({
  id: row.id,
  createdBy: row.created_by,
  createdAt: toInstant(row.created_at),
  expiresAt: toInstant(row.expires_at),
  maxUses: row.max_uses,
  uses: row.uses,
  agentName: row.agent_name,
  tags: JSON.parse(row.tags) as string[],
  revoked: row.revoked_at !== null,
});

/** The secret of a token as an agent sends it, if this server can have made it. */
export function joinSecretOf(text: string, fingerprint: string): string {
  const parts = parseJoinToken(text);
  if (parts === undefined) throw refusal('This is not a join token: one looks like mjt_….…, on one line and whole.');
  if (parts.fingerprint !== fingerprint) throw refusal('This join token was made by another server: create one on this server.');
  return parts.secret;
}

/** Why a token cannot be spent, in a sentence for the person at the host. */
export function whyNotSpendable(row: JoinTokensTable | undefined, now: number): MusterError {
  if (row === undefined) return refusal('This server does not know the join token: create a new one.');
  if (row.revoked_at !== null) return refusal('The join token was revoked: create a new one.');
  if (row.expires_at <= now) return refusal(`The join token expired at ${toInstant(row.expires_at)}: create a new one.`);
  return refusal(`The join token is used up (${row.uses} of ${row.max_uses}): create a new one.`);
}

const refusal = (message: string): MusterError => new MusterError('join_token_invalid', message, { field: 'joinToken' });
