import { timingSafeEqual } from 'node:crypto';
import { MusterError } from '../../../shared/errors.ts';
import { allows, type Permission } from '../../../shared/permissions.ts';
import type { Actor } from './actor.ts';

/** Deny by default: passes only an actor whose role has the permission, and anybody where the declaration says `open`. */
export function checkPermission(actor: Actor | undefined, permission: Permission | 'open'): void {
  if (permission === 'open') return;
  if (actor === undefined)
    throw new MusterError('unauthenticated', 'Sign in, or send `Authorization: Bearer <token>` with a token that is valid.');
  if (!allows(actor.role, permission)) {
    throw new MusterError('forbidden', `This needs the permission ${permission}, which the role ${actor.role} does not have.`);
  }
}

/** A browser sends its session cookie with whatever any site makes it send; only our own pages know the session's CSRF token. */
export function checkCsrf(actor: Actor | undefined, sent: string | undefined, where: string): void {
  if (actor === undefined || actor.csrfToken === null) return;
  if (sent === undefined || !sameText(sent, actor.csrfToken)) {
    throw new MusterError(
      'csrf_failed',
      `The CSRF token of the session is missing or wrong (${where}). Load the page again and retry.`,
    );
  }
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
