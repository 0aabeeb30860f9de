import type { AuditEntry } from '../../../shared/api/access.ts';
import { toInstant } from '../../../shared/api/listing.ts';
import type { AuditTable } from '../../schema/tables/access.tables.ts';

/** Who did what to whom, from where. Entries are only ever added. */
export type NewAuditEntry = {
  /** name of the actor; `systemActor` for what the server does by itself */
  readonly actor: string;
  /** noun and past participle: `task.created`, `user.signed_in` */
  readonly action: string;
  /** id or name of what it was done to */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly address?: string | null;
};

/** The colon keeps it apart from every user's name. */
export const systemActor = 'system:server';
/** Somebody who did not prove who they are. */
export const anonymousActor = 'system:anonymous';

export const auditEntryOf = (row: AuditTable): AuditEntry => ({
  id: row.id,
  at: toInstant(row.at),
  actor: row.actor,
  action: row.action,
  subject: row.subject,
  detail: JSON.parse(row.detail) as Record<string, unknown>,
  address: row.address,
});

/** Entries that are looked at, at most, for a page that one index alone does not find. */
export const entriesLookedAt = 10_000;

const longestDetail = 16_384;

/**
 * The text of a detail that is fit to be kept for ever: a net below the callers, who give no secrets in the first place. What is named
 * like a secret or has the shape of one is left out; a detail past the bound is replaced by its size.
 */
export function detailText(detail: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(detail, (key, value: unknown) => {
    if (secretNames.test(key) && typeof value === 'string') return hidden;
    return typeof value === 'string' ? value.replace(secretShapes, hidden) : value;
  });
  return text.length <= longestDetail ? text : JSON.stringify({ leftOut: `${text.length} characters` });
}

const hidden = '[hidden]';
const secretNames = /^(password|passphrase|secret|token|cookie|authorization|private_?key|master_?key|password_?hash)$/i;
/** API tokens and join tokens, wherever they stand. */
const secretShapes = /\b(mst|mjt)_[A-Za-z0-9_-]{43}(\.[0-9a-f]{32})?/g;
