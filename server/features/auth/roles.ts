import { MusterError } from '../../../shared/errors.ts';
import { type Role, roles } from '../../../shared/permissions.ts';
import type { Actor } from '../../platform/http/actor.ts';

/** Each role holds all that the one before it holds. */
export const isAbove = (role: Role, other: Role): boolean => roles.indexOf(role) > roles.indexOf(other);

/** Nobody hands out more than they have. */
export function assertMayGrant(actor: Actor, role: Role): void {
  if (isAbove(role, actor.role)) {
    throw new MusterError('forbidden', `Your own role is ${actor.role}: you cannot give the role ${role}.`, { field: 'role' });
  }
}

/** Nobody changes somebody, or something, that has more rights than they have. */
export function assertMayManage(actor: Actor, what: { readonly name: string; readonly role: Role }): void {
  if (isAbove(what.role, actor.role)) {
    throw new MusterError(
      'forbidden',
      `Your own role is ${actor.role}: you cannot change ${what.name}, which has the role ${what.role}.`,
    );
  }
}
