import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator, RandomBytes } from '../../../shared/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { AuditService } from '../audit/audit.service.ts';
import { systemActor } from '../audit/audit.ts';
import type { ActorCache } from './actor-cache.ts';
import { findApiTokenByHash, insertApiToken, liveApiTokensOf, setApiTokenRevoked } from './api-tokens.store.ts';
import { newApiToken } from './api-tokens.ts';
import { adminName, checkGivenToken } from './first-admin.ts';
import { hashOfSecret } from './opaque-secrets.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';
import { deleteSessionsOfToken } from './sessions.store.ts';
import { insertUser } from './users.store.ts';

/**
 * Makes sure that whoever runs the server can get in: a user `admin` (without a password, signs in by the greeting's link) and an API
 * token `admin`. There is one such token at a time. It is the one of the settings, or the one in `<dataDir>/admin.token`; if that file
 * is lost or no longer fits, a new token takes its place and the old one is revoked.
 * @returns the file of the token, or null if the settings gave it
 */
export type EnsureAdmin = (options: {
  readonly adminToken?: string | undefined;
  readonly dataDir: string;
}) => Promise<{ tokenFile: string | null }>;

export type FirstAdminResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: IdGenerator;
  readonly randomBytes: RandomBytes;
  readonly log: Logger;
  readonly audit: AuditService;
  readonly cache: ActorCache;
};

export function createEnsureAdmin({ db, clock, newId, randomBytes, log, audit, cache }: FirstAdminResources): EnsureAdmin {
  return async ({ adminToken, dataDir }) => {
    const path = join(dataDir, 'admin.token');
    const given = adminToken === undefined ? undefined : checkGivenToken(adminToken);
    await db.write(ensureUser);
    if (given !== undefined) {
      await makeTheOne(hashOfSecret(given));
      // what it holds is revoked now
      await rm(path, { force: true });
      return { tokenFile: null };
    }
    const held = (await readPrivateFile(path))?.trim();
    if (held === undefined || !(await isTheOne(hashOfSecret(held)))) {
      const token = newApiToken(randomBytes);
      // the file first: if the process dies in between, the next start finds a file that does not fit and does this again
      await writePrivateFile(path, `${token}\n`, randomBytes);
      await makeTheOne(hashOfSecret(token));
      log.info({ file: path }, 'admin token made');
    }
    return { tokenFile: path };
  };

  async function ensureUser(writer: Writer): Promise<void> {
    const id = newId('user');
    const empty = { password_hash: null, disabled: 0, last_sign_in_at: null };
    const made = await insertUser(writer, { id, name: adminName, role: 'admin', created_at: clock.now(), ...empty });
    if (made)
      await audit.recordIn(writer, {
        actor: systemActor,
        action: 'user.created',
        subject: adminName,
        detail: { id, role: 'admin' },
      });
  }

  async function isTheOne(hash: string): Promise<boolean> {
    return (await liveApiTokensOf(db.read, adminName, systemActor)).some((token) => token.token_hash === hash);
  }

  /** Afterwards the token with this hash is the only live one that the server itself made. */
  async function makeTheOne(hash: string): Promise<void> {
    const revoked = await db.write(async (writer) => {
      const live = await liveApiTokensOf(writer, adminName, systemActor);
      const others = live.filter((token) => token.token_hash !== hash);
      for (const { id } of others) await revokeIn(writer, id);
      if (others.length === live.length) await addIn(writer, hash);
      return others;
    });
    for (const { id } of revoked) cache.forget(id);
  }

  async function revokeIn(writer: Writer, id: string): Promise<void> {
    await setApiTokenRevoked(writer, id, clock.now());
    await deleteSessionsOfToken(writer, id);
    await audit.recordIn(writer, {
      actor: systemActor,
      action: 'token.revoked',
      subject: id,
      detail: { name: adminName, why: 'replaced' },
    });
  }

  async function addIn(writer: Writer, hash: string): Promise<void> {
    const before = await findApiTokenByHash(writer, hash);
    if (before !== undefined && before.created_by !== systemActor) {
      const message = `MUSTER_ADMIN_TOKEN is the API token "${before.name}" already: take a value of its own.`;
      throw new MusterError('field_invalid', message, { field: 'adminToken' });
    }
    const id = before?.id ?? newId('token');
    // the settings went back to an earlier value
    if (before !== undefined) await setApiTokenRevoked(writer, id, null);
    else {
      const unused = { last_used_at: null, expires_at: null, revoked_at: null };
      const made = { created_by: systemActor, created_at: clock.now() };
      await insertApiToken(writer, { id, name: adminName, role: 'admin', token_hash: hash, ...made, ...unused });
    }
    await audit.recordIn(writer, {
      actor: systemActor,
      action: 'token.created',
      subject: id,
      detail: { name: adminName, role: 'admin' },
    });
  }
}
