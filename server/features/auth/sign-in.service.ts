import type { Logger } from 'pino';
import { userName } from '../../../shared/api/access.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { UsersTable } from '../../schema/tables/access.tables.ts';
import type { AuditService } from '../audit/audit.service.ts';
import { anonymousActor } from '../audit/audit.ts';
import { actorOfToken } from './api-token-actor.ts';
import { findApiTokenByHash, setApiTokenUsed } from './api-tokens.store.ts';
import { isLive } from './api-tokens.ts';
import { adminName } from './first-admin.ts';
import { hashOfSecret } from './opaque-secrets.ts';
import type { Passwords } from './passwords.ts';
import { actorOfUser } from './session-actor.ts';
import type { SessionsService, SignedIn } from './sessions.service.ts';
import type { SignInCodes } from './sign-in-codes.service.ts';
import { type SignInLimits, takeTry } from './sign-in-limits.ts';
import { findUser, findUserByName, updateUser } from './users.store.ts';

export type SignInService = {
  withPassword(name: string, password: string, address: string | null): Promise<SignedIn>;
  /** as the user `admin`, by a code of the greeting's link */
  withCode(code: string, address: string | null): Promise<SignedIn>;
  /** as the API token itself: the session has its role and ends with it */
  withToken(token: string, address: string | null): Promise<SignedIn>;
};

export type SignInResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: AuditService;
  readonly passwords: Passwords;
  readonly sessions: SessionsService;
  readonly codes: SignInCodes;
  readonly limits: SignInLimits;
};

type Method = 'password' | 'link' | 'token';

export function createSignIn({ db, clock, log, audit, passwords, sessions, codes, limits }: SignInResources): SignInService {
  return {
    async withPassword(name, password, address) {
      tryFrom(address, isUserName(name) ? name : '');
      for (let look = 0; look < mostLooks; look += 1) {
        const signedIn = await checkPassword(name, password, address);
        if (signedIn !== 'changed meanwhile') return signedIn;
      }
      return refuse('password', name, 'changed meanwhile', address);
    },

    async withCode(code, address) {
      tryFrom(address, null);
      if (!codes.spend(code)) return refuse('link', adminName, 'wrong code', address, staleLink);
      const signedIn = await db.write(async (writer) => {
        const user = await findUserByName(writer, adminName);
        return user === undefined || user.disabled === 1 ? undefined : openForUser(writer, user, 'link', address);
      });
      return (
        signedIn ??
        refuse('link', adminName, 'disabled', address, `The link signs in as ${adminName}, and this user is disabled.`)
      );
    },

    async withToken(token, address) {
      tryFrom(address, null);
      const signedIn = await db.write(async (writer) => {
        const now = clock.now();
        const row = await findApiTokenByHash(writer, hashOfSecret(token));
        if (row === undefined || !isLive(row, now)) return undefined;
        const { setCookie, csrfToken } = await sessions.openIn(writer, { tokenId: row.id });
        const actor = actorOfToken(row, csrfToken);
        await setApiTokenUsed(writer, row.id, now, now);
        await recordSuccess(writer, actor.name, 'token', address);
        return { setCookie, actor };
      });
      return (
        signedIn ?? refuse('token', 'token', 'unknown, expired or revoked', address, 'The token is unknown, expired or revoked.')
      );
    },
  };

  async function checkPassword(name: string, password: string, address: string | null): Promise<SignedIn | 'changed meanwhile'> {
    const user = isUserName(name) ? await findUserByName(db.read, name) : undefined;
    const stored = user?.password_hash ?? null;
    const verdict = await passwords.verify(password, stored);
    if (user === undefined) return refuse('password', name, 'no such user', address);
    if (verdict === 'wrong') return refuse('password', name, stored === null ? 'has no password' : 'wrong password', address);
    if (user.disabled === 1) return refuse('password', name, 'disabled', address);
    const rehashed = verdict === 'right, outdated' ? { password_hash: await passwords.hash(password) } : {};
    return db.write(async (writer) => {
      const now = await findUser(writer, user.id);
      const same = now !== undefined && now.disabled === 0 && now.password_hash === stored;
      return same ? openForUser(writer, now, 'password', address, rehashed) : 'changed meanwhile';
    });
  }

  function tryFrom(address: string | null, name: string | null): void {
    try {
      takeTry(limits, address, name);
    } catch (error) {
      // no audit row: whoever floods must not fill the ledger too
      log.warn({ address }, 'sign-in refused by the rate limit');
      throw error;
    }
  }

  async function openForUser(
    writer: Writer,
    user: UsersTable,
    method: Method,
    address: string | null,
    changes: Partial<UsersTable> = {},
  ): Promise<SignedIn> {
    const { setCookie, csrfToken } = await sessions.openIn(writer, { userId: user.id });
    await updateUser(writer, user.id, { ...changes, last_sign_in_at: clock.now() });
    await recordSuccess(writer, user.name, method, address);
    return { setCookie, actor: actorOfUser(user, csrfToken) };
  }

  async function recordSuccess(writer: Writer, name: string, method: Method, address: string | null): Promise<void> {
    await audit.recordIn(writer, { actor: name, action: 'user.signed_in', subject: name, detail: { method }, address });
  }

  /** The audit says why; the answer does not, or it would tell which users exist. */
  async function refuse(method: Method, name: string, why: string, address: string | null, message = wrong): Promise<never> {
    const subject = isUserName(name) ? name : '(not a name)';
    await audit.record({ actor: anonymousActor, action: 'user.sign_in_failed', subject, detail: { method, why }, address });
    throw new MusterError('credentials_wrong', message);
  }
}

/** The check takes its time. A user that was changed meanwhile, if only by the new hash of a sign-in beside this one, is looked at again. */
const mostLooks = 3;

const isUserName = (name: string): boolean => userName.safeParse(name).success;

const wrong = 'The name or the password is wrong.';
const staleLink =
  'The link was used already or is older than ten minutes: restart the server, or sign in with a password or a token.';
