import { createActorCache } from './actor-cache.ts';
import { type ApiTokensResources, type ApiTokensService, createApiTokens } from './api-tokens.service.ts';
import { type Authenticate, type AuthenticationResources, createAuthenticate } from './authentication.service.ts';
import { createEnsureAdmin, type EnsureAdmin, type FirstAdminResources } from './first-admin.service.ts';
import { createJoinTokens, type JoinTokensResources, type JoinTokensService } from './join-tokens.service.ts';
import { type ChangeOwnPassword, createChangeOwnPassword } from './own-password.service.ts';
import type { ScryptParameters } from './password-hash.ts';
import { createPasswords } from './passwords.ts';
import { createSessions, type SessionsResources, type SessionsService } from './sessions.service.ts';
import { createSignIn, type SignInService } from './sign-in.service.ts';
import { createSignInCodes } from './sign-in-codes.service.ts';
import type { SignInLimits } from './sign-in-limits.ts';
import { createUsers, type UsersResources, type UsersService } from './users.service.ts';

/** Who may come in, and as whom. */
export type AuthService = {
  readonly authenticate: Authenticate;
  readonly signInWithPassword: SignInService['withPassword'];
  readonly signInWithCode: SignInService['withCode'];
  readonly signInWithToken: SignInService['withToken'];
  /** One use, ten minutes, as the user `admin`: for the greeting's link `/sign-in?code=…`. */
  createSignInCode(): Promise<string>;
  readonly signOut: SessionsService['signOut'];
  readonly changeOwnPassword: ChangeOwnPassword;
  readonly ensureAdmin: EnsureAdmin;
  readonly users: UsersService;
  readonly tokens: ApiTokensService;
  readonly joinTokens: JoinTokensService;
};

type Made = 'cache' | 'passwords' | 'limits' | 'sessions' | 'codes';

export type AuthResources = Omit<
  SessionsResources & UsersResources & ApiTokensResources & JoinTokensResources & AuthenticationResources & FirstAdminResources,
  Made
> & {
  readonly signInLimits: SignInLimits;
  /** other than the current ones: for tests, which have no time for costly hashes */
  readonly passwordParameters?: ScryptParameters;
};

/** Far more than anybody's tokens and open browsers; a few MiB. */
const cacheLimits = { capacity: 10_000, freshMs: 5_000 };

export function createAuth(resources: AuthResources): AuthService {
  const { clock, randomBytes, signInLimits: limits } = resources;
  const cache = createActorCache(cacheLimits);
  const passwords = createPasswords({ randomBytes, parameters: resources.passwordParameters });
  const sessions = createSessions({ ...resources, cache });
  const codes = createSignInCodes({ clock, randomBytes });
  const signIn = createSignIn({ ...resources, passwords, sessions, codes, limits });
  return {
    authenticate: createAuthenticate({ ...resources, cache }),
    signInWithPassword: signIn.withPassword,
    signInWithCode: signIn.withCode,
    signInWithToken: signIn.withToken,
    createSignInCode: async () => codes.create(),
    signOut: sessions.signOut,
    changeOwnPassword: createChangeOwnPassword({ ...resources, passwords, cache, limits }),
    ensureAdmin: createEnsureAdmin({ ...resources, cache }),
    users: createUsers({ ...resources, passwords, cache }),
    tokens: createApiTokens({ ...resources, cache }),
    joinTokens: createJoinTokens(resources),
  };
}
