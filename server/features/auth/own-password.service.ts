import { MusterError } from '../../../shared/errors.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database } from '../../schema/schema.ts';
import type { AuditService } from '../audit/audit.service.ts';
import type { ActorCache } from './actor-cache.ts';
import type { Origin } from './origin.ts';
import type { Passwords } from './passwords.ts';
import { deleteOtherSessionsOfUser } from './sessions.store.ts';
import { type SignInLimits, takeTry } from './sign-in-limits.ts';
import { findUser, updateUser } from './users.store.ts';

export type OwnPasswordInput = {
  /** needed unless the user has none yet */
  readonly current?: string | undefined;
  readonly next: string;
};

/** Ends every other session of the user; the one that asks goes on. */
export type ChangeOwnPassword = (actor: Actor, input: OwnPasswordInput, origin?: Origin) => Promise<void>;

export type OwnPasswordResources = {
  readonly db: Database;
  readonly audit: AuditService;
  readonly passwords: Passwords;
  readonly cache: ActorCache;
  readonly limits: SignInLimits;
};

export function createChangeOwnPassword({ db, audit, passwords, cache, limits }: OwnPasswordResources): ChangeOwnPassword {
  return async (actor, { current, next }, { address = null } = {}) => {
    if (actor.kind !== 'user') throw new MusterError('state_conflict', 'You are signed in by a token, which has no password.');
    const user = await findUser(db.read, actor.id);
    if (user === undefined) throw new MusterError('not_found', 'There is no such user.');
    if (user.password_hash !== null) {
      if (current === undefined || current === '')
        throw new MusterError('field_missing', 'Enter your present password.', { field: 'current' });
      // whoever found a browser signed in must not be able to guess
      takeTry(limits, address, actor.name);
      if ((await passwords.verify(current, user.password_hash)) === 'wrong') await refuse(actor, address);
    }
    const hash = await passwords.hash(next);
    await db.write(async (writer) => {
      const now = await findUser(writer, actor.id);
      if (now?.password_hash !== user.password_hash || now.disabled === 1) {
        throw new MusterError('state_conflict', 'The password was changed by somebody else meanwhile; sign in again.');
      }
      await updateUser(writer, actor.id, { password_hash: hash });
      await deleteOtherSessionsOfUser(writer, actor.id, actor.csrfToken);
      await audit.recordIn(writer, { actor: actor.name, action: 'user.password_changed', subject: actor.name, address });
    });
    cache.forget(actor.id);
  };

  async function refuse(actor: Actor, address: string | null): Promise<never> {
    await audit.record({ actor: actor.name, action: 'user.password_change_failed', subject: actor.name, address });
    throw new MusterError('field_invalid', 'The present password is wrong.', { field: 'current' });
  }
}
