import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { type Logger, pino } from 'pino';
import { type AuditService, createAudit } from '../../server/features/audit/audit.service.ts';
import { type AuthService, createAuth } from '../../server/features/auth/auth.service.ts';
import type { ScryptParameters } from '../../server/features/auth/password-hash.ts';
import type { SignInLimits } from '../../server/features/auth/sign-in-limits.ts';
import type { Actor } from '../../server/platform/http/actor.ts';
import { createRateLimiter } from '../../server/platform/http/rate-limiter.ts';
import { idGenerator } from '../../shared/ids.ts';
import { createFakeClock, type FakeClock } from './clock.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';

export type TestAuth = {
  readonly auth: AuthService;
  readonly audit: AuditService;
  readonly clock: FakeClock;
  readonly log: Logger;
  /** all that was logged so far */
  logText(): string;
};

export type TestAuthOptions = {
  readonly parameters?: ScryptParameters;
  readonly limits?: SignInLimits;
  readonly secureCookies?: boolean;
};

/** Of a server's public key. */
export const testFingerprint = '0123456789abcdef0123456789abcdef';

/** As cheap as scrypt allows. */
export const cheapParameters: ScryptParameters = { cost: 2, blockSize: 1, parallelization: 1 };

/** An actor that no row stands behind, for what any admin may do. */
export const someAdmin: Actor = { kind: 'token', id: 'tok_some', name: 'token:some', role: 'admin', csrfToken: null };

/** The services that say who may come in, on a real database and under a clock that is turned by hand. */
export function createTestAuth(
  { db }: Pick<TestDatabase, 'db'>,
  { parameters = cheapParameters, limits, secureCookies = false }: TestAuthOptions = {},
  clock: FakeClock = createFakeClock(),
): TestAuth {
  const lines: string[] = [];
  const sink = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  const log = pino({ level: 'trace' }, sink);
  const newId = idGenerator(() => clock.now(), randomBytes);
  const audit = createAudit({ db, clock, newId });
  const auth = createAuth({
    db,
    clock,
    newId,
    randomBytes,
    log,
    audit,
    fingerprint: testFingerprint,
    secureCookies,
    signInLimits: limits ?? { byAddress: roomy(clock), byAddressAndName: roomy(clock) },
    passwordParameters: parameters,
  });
  return { auth, audit, clock, log, logText: () => lines.join('') };
}

/** With the database, for a test that needs nothing else of it. */
export async function openTestAuth(options: TestAuthOptions = {}): Promise<TestAuth & TestDatabase> {
  const database = await openTestDatabase();
  return { ...database, ...createTestAuth(database, options) };
}

const roomy = (clock: FakeClock) => createRateLimiter({ clock, burst: 1000, secondsPerTry: 1 });

/** The `Cookie` header that a browser sends after such a `Set-Cookie`. */
export const cookieOf = (setCookie: string): string => setCookie.split(';', 1)[0] ?? '';
