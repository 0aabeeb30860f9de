import type { Role } from '../../../shared/permissions.ts';

/** Times are ms since the epoch; booleans are 0 or 1; JSON is text. So both databases hold the same. */

export type UsersTable = {
  id: string;
  name: string;
  role: Role;
  /** `scrypt$N$r$p$salt$hash`, base64; null: no password, signs in by link only */
  password_hash: string | null;
  disabled: number;
  created_at: number;
  last_sign_in_at: number | null;
};

/** Of a user, or of the API token that signed in: exactly one of the two ids is set. */
export type SessionsTable = {
  id: string;
  user_id: string | null;
  token_id: string | null;
  /** SHA-256 of the cookie's secret, hex */
  secret_hash: string;
  csrf_token: string;
  created_at: number;
  expires_at: number;
};

export type ApiTokensTable = {
  id: string;
  name: string;
  role: Role;
  /** SHA-256 of the token, hex */
  token_hash: string;
  created_by: string;
  created_at: number;
  last_used_at: number | null;
  expires_at: number | null;
  revoked_at: number | null;
};

export type JoinTokensTable = {
  id: string;
  secret_hash: string;
  created_by: string;
  created_at: number;
  expires_at: number;
  max_uses: number;
  uses: number;
  agent_name: string | null;
  tags: string;
  revoked_at: number | null;
};

export type AuditTable = {
  id: string;
  at: number;
  actor: string;
  action: string;
  subject: string;
  detail: string;
  address: string | null;
};

/** Answers kept for `Idempotency-Key`, so that the same POST sent twice happens once. */
export type IdempotencyTable = {
  /** actor and key */
  id: string;
  request_hash: string;
  status: number;
  body: string;
  created_at: number;
};
