import type { Role } from '../../../shared/permissions.ts';

/** Who asks. `name` is what audit rows and `createdBy` show. */
export type Actor = {
  readonly kind: 'user' | 'token';
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** of the session; forms must send it. Null for tokens, which need none */
  readonly csrfToken: string | null;
};
