import type { Logger } from 'pino';
import type { Clock } from '../../platform/clock.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database } from '../../schema/schema.ts';
import type { ActorCache, KnownActor } from './actor-cache.ts';
import { findActorOfToken } from './api-token-actor.ts';
import { hashOfSecret } from './opaque-secrets.ts';
import { findActorOfSession } from './session-actor.ts';
import { sessionSecretOf } from './session-cookie.ts';

export type AuthenticationResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly cache: ActorCache;
};

/** The headers of a request by which it may prove who sent it. */
export type Credentials = { readonly authorization?: string | undefined; readonly cookie?: string | undefined };

/** Who sent a request, or undefined. An `Authorization` header decides alone: a cookie beside one that is wrong does not help it. */
export type Authenticate = (headers: Credentials) => Promise<Actor | undefined>;

/** Requests that come while a use is being written do not write it too. */
const touchPauseMs = 60_000;

export function createAuthenticate({ db, clock, log, cache }: AuthenticationResources): Authenticate {
  return async (headers) => {
    const credential = credentialOf(headers);
    if (credential === undefined) return undefined;
    const now = clock.now();
    const known = cache.get(credential.key, now) ?? (await read(credential, now));
    if (known === undefined || (known.expiresAt !== null && known.expiresAt <= now)) return undefined;
    if (now >= known.touchAt) await touch(known, now);
    return known.actor;
  };

  async function read({ kind, hash, key }: Credential, now: number): Promise<KnownActor | undefined> {
    const stamp = cache.stamp();
    const known = await (kind === 'token' ? findActorOfToken(db.read, hash, now) : findActorOfSession(db.read, hash, now));
    if (known !== undefined) cache.put(key, known, stamp);
    return known;
  }

  /** Nobody is turned away because a use could not be written. */
  async function touch(known: KnownActor, now: number): Promise<void> {
    known.touchAt = now + touchPauseMs;
    try {
      Object.assign(known, await db.write((writer) => known.touch(writer, now)));
    } catch (error) {
      log.warn({ err: error, actor: known.actor.name }, 'time of use not written');
    }
  }
}

type Credential = { readonly kind: 'token' | 'session'; readonly hash: string; readonly key: string };

function credentialOf({ authorization, cookie }: Credentials): Credential | undefined {
  const kind = authorization === undefined ? 'session' : 'token';
  const secret = authorization === undefined ? sessionSecretOf(cookie) : bearer.exec(authorization)?.[1];
  if (secret === undefined) return undefined;
  const hash = hashOfSecret(secret);
  return { kind, hash, key: `${kind} ${hash}` };
}

const bearer = /^Bearer +([\x21-\x7e]{1,512})$/i;
