import type { z } from 'zod';
import type { User, userInput, userPatch } from '../../../shared/api/access.ts';
import type { Page, pageQuery } from '../../../shared/api/listing.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import { cursorOf, pageOfRows } from '../../platform/db/keyset.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { UsersTable } from '../../schema/tables/access.tables.ts';
import type { AuditService } from '../audit/audit.service.ts';
import type { ActorCache } from './actor-cache.ts';
import type { CreateOptions, Origin } from './origin.ts';
import type { Passwords } from './passwords.ts';
import { assertMayGrant, assertMayManage } from './roles.ts';
import { deleteOtherSessionsOfUser, deleteSessionsOfUser } from './sessions.store.ts';
import { findUser, hasEnabledAdminBesides, insertUser, listUsers, updateUser } from './users.store.ts';
import { isEnabledAdmin, losesAdmin, userOf } from './users.ts';

export type UserInput = z.infer<typeof userInput>;
export type UserPatch = z.infer<typeof userPatch>;

export type UsersService = {
  list(query: z.infer<typeof pageQuery>): Promise<Page<User>>;
  /** @throws not_found. `isLastAdmin`: no other enabled admin is there, so this one stays */
  get(id: string): Promise<User & { readonly isLastAdmin: boolean }>;
  create(input: UserInput, actor: Actor, options?: CreateOptions<User>): Promise<User>;
  /** A new password or a disabled user ends that user's sessions at once, save the one that asks; a new role holds at once. */
  patch(id: string, patch: UserPatch, actor: Actor, origin?: Origin): Promise<User>;
};

export type UsersResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: IdGenerator;
  readonly audit: AuditService;
  readonly passwords: Passwords;
  readonly cache: ActorCache;
};

export function createUsers({ db, clock, newId, audit, passwords, cache }: UsersResources): UsersService {
  return {
    async list({ limit, after }) {
      return pageOfRows(await listUsers(db.read, cursorOf(after, 'user'), limit + 1), limit, userOf);
    },

    async get(id) {
      const row = await findUser(db.read, id);
      if (row === undefined) throw new MusterError('not_found', 'There is no such user.');
      const isLastAdmin = isEnabledAdmin(row) && !(await hasEnabledAdminBesides(db.read, id));
      return { ...userOf(row), isLastAdmin };
    },

    async create({ name, role, password }, actor, { address = null, alongside } = {}) {
      assertMayGrant(actor, role);
      const row: UsersTable = {
        id: newId('user'),
        name,
        role,
        password_hash: await passwords.hash(password),
        disabled: 0,
        created_at: clock.now(),
        last_sign_in_at: null,
      };
      const created = userOf(row);
      await db.write(async (writer) => {
        if (!(await insertUser(writer, row)))
          throw new MusterError('name_taken', `There is a user ${name} already.`, { field: 'name' });
        await audit.recordIn(writer, {
          actor: actor.name,
          action: 'user.created',
          subject: name,
          detail: { id: row.id, role },
          address,
        });
        await alongside?.(writer, created);
      });
      return created;
    },

    async patch(id, patch, actor, { address = null } = {}) {
      // refused before the costly hash where it will be refused anyway
      assertMayPatch(await findUser(db.read, id), patch, actor);
      const passwordHash = patch.password === undefined ? undefined : await passwords.hash(patch.password);
      const patched = await db.write(async (writer) => {
        const before = assertMayPatch(await findUser(writer, id), patch, actor);
        const after: UsersTable = {
          ...before,
          role: patch.role ?? before.role,
          disabled: patch.disabled === undefined ? before.disabled : Number(patch.disabled),
          password_hash: passwordHash ?? before.password_hash,
        };
        const detail = changesOf(before, after);
        if (Object.keys(detail).length === 0) return before;
        await keepAnAdmin(writer, before, after);
        await updateUser(writer, id, { role: after.role, disabled: after.disabled, password_hash: after.password_hash });
        if (after.disabled === 1) await deleteSessionsOfUser(writer, id);
        else if (passwordHash !== undefined)
          await deleteOtherSessionsOfUser(writer, id, actor.id === id ? actor.csrfToken : null);
        await audit.recordIn(writer, {
          actor: actor.name,
          action: 'user.changed',
          subject: before.name,
          detail: { id, ...detail },
          address,
        });
        return after;
      });
      cache.forget(id);
      return userOf(patched);
    },
  };
}

function assertMayPatch(user: UsersTable | undefined, patch: UserPatch, actor: Actor): UsersTable {
  if (user === undefined) throw new MusterError('not_found', 'There is no such user.');
  assertMayManage(actor, user);
  if (patch.role !== undefined) assertMayGrant(actor, patch.role);
  return user;
}

/** What the audit shows: never the password, only that it is new. */
function changesOf(before: UsersTable, after: UsersTable): Record<string, unknown> {
  return {
    ...(before.role === after.role ? {} : { role: { from: before.role, to: after.role } }),
    ...(before.disabled === after.disabled ? {} : { disabled: after.disabled === 1 }),
    ...(before.password_hash === after.password_hash ? {} : { newPassword: true }),
  };
}

async function keepAnAdmin(writer: Writer, before: UsersTable, after: UsersTable): Promise<void> {
  if (!losesAdmin(before, after) || (await hasEnabledAdminBesides(writer, before.id))) return;
  throw new MusterError('state_conflict', `${before.name} is the last enabled admin: make somebody else an admin first.`, {
    field: after.disabled === 1 ? 'disabled' : 'role',
  });
}
