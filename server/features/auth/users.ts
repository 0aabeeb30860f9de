import type { User } from '../../../shared/api/access.ts';
import { toInstant, toInstantOrNull } from '../../../shared/api/listing.ts';
import type { UsersTable } from '../../schema/tables/access.tables.ts';

export const userOf = (row: UsersTable): User => ({
  id: row.id,
  name: row.name,
  role: row.role,
  disabled: row.disabled === 1,
  hasPassword: row.password_hash !== null,
  createdAt: toInstant(row.created_at),
  lastSignInAt: toInstantOrNull(row.last_sign_in_at),
});

type Standing = Pick<UsersTable, 'role' | 'disabled'>;

/** Whether a change takes an enabled admin away; the last one must stay, or nobody could let anybody in again. */
export const losesAdmin = (before: Standing, after: Standing): boolean => isEnabledAdmin(before) && !isEnabledAdmin(after);

export const isEnabledAdmin = ({ role, disabled }: Standing): boolean => role === 'admin' && disabled === 0;
