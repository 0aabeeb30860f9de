import type { Page } from '../../../shared/api/listing.ts';
import { toInstant, toInstantOrNull } from '../../../shared/api/listing.ts';
import type { SecretSummary } from '../../../shared/api/secrets.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import { allows } from '../../../shared/permissions.ts';
import { type SecretValues, secretName, secretReferences } from '../../../shared/secret-references.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { SecretsTable } from '../../schema/tables/secrets.tables.ts';
import type { AuditService } from '../audit/audit.service.ts';
import { systemActor } from '../audit/audit.ts';
import type { Origin } from '../auth/origin.ts';
import type { Keyring } from './keyring.ts';
import {
  deleteSecret,
  findSecret,
  listSecrets,
  namesOfSecrets,
  replaceUsesOfTask,
  secretsNotSealedWith,
  setSecretUsed,
  upsertSecret,
  usesOfSecret,
} from './secrets.store.ts';

/** Values come in and are given to an attempt that starts. There is no other way out. */
export type SecretsService = {
  list(query: { readonly limit: number; readonly after?: string | undefined }): Promise<Page<SecretSummary>>;
  /** @throws not_found */
  get(name: string): Promise<SecretSummary>;
  write(name: string, value: string, actor: Actor, origin?: Origin): Promise<{ isNew: boolean; secret: SecretSummary }>;
  remove(name: string, actor: Actor, origin?: Origin): Promise<void>;
  /**
   * @returns the names that a task's definition refers to
   * @throws MusterError with the field: a reference that is none, a secret that is not there, somebody who may not name secrets
   */
  check(definition: { readonly args: Json; readonly env: Readonly<Record<string, string>> }, actor: Actor): Promise<string[]>;
  /** Which secrets a task names that can fire again; none when it no longer can. */
  noteUsesIn(writer: Writer, task: { readonly id: string; readonly name: string }, secrets: readonly string[]): Promise<void>;
  /** The values for one attempt, each use in the audit. A sentence when one of them cannot be had: then none was used. */
  openIn(writer: Writer, names: readonly string[], use: SecretUse): Promise<{ values: SecretValues } | { fault: string }>;
  /** Seals anew what an earlier master key has sealed. @returns how many, and the names of those that no key opens */
  begin(): Promise<{ resealed: number; unusable: readonly string[] }>;
};

/** `again`: the attempt was given them before, which is in the audit already. */
export type SecretUse = { readonly execution: string; readonly attempt: number; readonly agent: string; readonly again: boolean };

export type SecretsResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Pick<AuditService, 'recordIn'>;
  readonly keyring: Keyring;
};

const shownUses = 100;
const usedAtMostEveryMs = 1000;

export function createSecrets({ db, clock, audit, keyring }: SecretsResources): SecretsService {
  async function summaryOf(row: SecretsTable): Promise<SecretSummary> {
    const uses = await usesOfSecret(db.read, row.name, shownUses);
    return {
      name: row.name,
      updatedAt: toInstant(row.updated_at),
      updatedBy: row.updated_by,
      lastUsedAt: toInstantOrNull(row.last_used_at),
      usedBy: uses.first,
      usedByCount: uses.count,
      usable: keyring.holds(row.key_id),
    };
  }

  function opened(row: SecretsTable | undefined, name: string): { value: string } | { fault: string } {
    if (row === undefined) return { fault: `There is no secret ${name} any more: write it anew, or change the task.` };
    if (!keyring.holds(row.key_id))
      return {
        fault: `The secret ${name} was sealed with a master key that this server does not have: give it that key, or write the secret anew.`,
      };
    try {
      return { value: keyring.open(name, row) };
    } catch {
      return { fault: `The secret ${name} is damaged in the database: write it anew.` };
    }
  }

  return {
    async list({ limit, after }) {
      if (after !== undefined && !secretName.safeParse(after).success)
        throw new MusterError(
          'cursor_invalid',
          'This is not a cursor of this list: pass the `next` of the page before, or nothing.',
          {
            field: 'after',
          },
        );
      const rows = await listSecrets(db.read, after, limit + 1);
      const shown = rows.slice(0, limit);
      const items = await Promise.all(shown.map(summaryOf));
      return { items, next: rows.length > limit ? (shown.at(-1)?.name ?? null) : null };
    },

    async get(name) {
      const row = await findSecret(db.read, name);
      if (row === undefined) throw new MusterError('not_found', `There is no secret ${name}.`);
      return summaryOf(row);
    },

    async write(name, value, actor, { address = null } = {}) {
      const row = { name, ...keyring.seal(name, value), updated_at: clock.now(), updated_by: actor.name, last_used_at: null };
      const before = await db.write(async (writer) => {
        const found = await findSecret(writer, name);
        await upsertSecret(writer, { ...row, last_used_at: found?.last_used_at ?? null });
        const action = found === undefined ? 'secret.created' : 'secret.replaced';
        await audit.recordIn(writer, { actor: actor.name, action, subject: name, address });
        return found;
      });
      return { isNew: before === undefined, secret: await summaryOf({ ...row, last_used_at: before?.last_used_at ?? null }) };
    },

    remove: (name, actor, { address = null } = {}) =>
      db.write(async (writer) => {
        if ((await findSecret(writer, name)) === undefined) throw new MusterError('not_found', `There is no secret ${name}.`);
        await deleteSecret(writer, name);
        await audit.recordIn(writer, { actor: actor.name, action: 'secret.removed', subject: name, address });
      }),

    async check({ args, env }, actor) {
      const { found, faults } = secretReferences(args, env);
      if (faults[0] !== undefined)
        throw new MusterError('field_invalid', faults[0].message, { field: faults[0].field, issues: faults });
      if (found[0] === undefined) return [];
      if (!allows(actor.role, 'secrets.read')) {
        const message = `The role ${actor.role} may not name secrets in a task; author and admin may.`;
        throw new MusterError('forbidden', message, { field: found[0].field });
      }
      const names = [...new Set(found.map(({ name }) => name))];
      const known = await namesOfSecrets(db.read, names);
      const issues = found
        .filter(({ name }) => !known.has(name))
        .map(({ name, field }) => ({ field, message: `There is no secret ${name}. \`muster secrets set ${name}\` writes it.` }));
      if (issues[0] !== undefined) throw new MusterError('secret_unknown', issues[0].message, { field: issues[0].field, issues });
      return names;
    },

    noteUsesIn: replaceUsesOfTask,

    async openIn(writer, names, { execution, attempt, agent, again }) {
      const values: Record<string, string> = {};
      for (const name of names) {
        const answer = opened(await findSecret(writer, name), name);
        if ('fault' in answer) return answer;
        values[name] = answer.value;
      }
      const now = clock.now();
      for (const name of again ? [] : names) {
        await setSecretUsed(writer, name, now, now - usedAtMostEveryMs);
        const detail = { execution, attempt, agent };
        await audit.recordIn(writer, { actor: systemActor, action: 'secret.used', subject: name, detail });
      }
      return { values };
    },

    begin: () =>
      db.write(async (writer) => {
        const rows = await secretsNotSealedWith(writer, keyring.keyId);
        const unusable: string[] = [];
        for (const row of rows) {
          const answer = opened(row, row.name);
          if ('fault' in answer) unusable.push(row.name);
          else await upsertSecret(writer, { ...row, ...keyring.seal(row.name, answer.value) });
        }
        return { resealed: rows.length - unusable.length, unusable };
      }),
  };
}
