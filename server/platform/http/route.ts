import type { z } from 'zod';
import type { Permission } from '../../../shared/permissions.ts';
import type { Writer } from '../../schema/schema.ts';
import type { Actor } from './actor.ts';

/**
 * A route is declared, and all else follows from the declaration: its validation, its permission check, its place in the OpenAPI
 * document, its problem answers. `permission: 'open'` is for what must work before anybody is known (sign-in, health, enrolment).
 */
export type Route<Params = unknown, Query = unknown, Body = unknown> = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Express style, `/api/v1/tasks/:id` */
  readonly path: string;
  /** further paths of the same handler, such as `/tasks` at the root */
  readonly aliases?: readonly string[];
  readonly permission: Permission | 'open';
  readonly summary: string;
  readonly tag: string;
  readonly params?: z.ZodType<Params>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** schema of the body per status; null: no body */
  readonly responses: Readonly<Record<number, z.ZodType | null>>;
  /** media types of a good answer; default `application/json`. Others are sent as they are, with a `content-type` among the headers */
  readonly produces?: readonly string[];
  /** request headers that the handler looks at and what each is for, such as `If-Match` */
  readonly headers?: Readonly<Record<string, string>>;
  /** largest body in bytes; default that of the settings */
  readonly bodyLimit?: number;
  /** of a POST that only asks: doing it again does no harm, so that its answer is not kept for an `Idempotency-Key` */
  readonly changesNothing?: boolean;
  /** A large answer goes out as gzip to whom takes it. Not where a secret stands beside what others choose: its length would tell of it. */
  readonly isCompressed?: boolean;
  readonly handler: (request: RouteRequest<Params, Query, Body>) => Promise<RouteAnswer>;
};

export type RouteRequest<Params, Query, Body> = {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** undefined only on `open` routes */
  readonly actor: Actor | undefined;
  readonly address: string | null;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** aborted when the client goes away or the server stops */
  readonly signal: AbortSignal;
  /**
   * Present when the client sent an `Idempotency-Key`. A handler that writes records its answer in the same transaction as its rows, so
   * that not even a crash in between can make it happen twice; for one that does not, the answer is recorded after it.
   */
  readonly idempotency?: { record(writer: Writer, answer: RouteAnswer): Promise<void> };
};

export type RouteAnswer = {
  readonly status: number;
  /** JSON; or, with a `content-type` among `headers`, text, bytes or an iterable of them that ends when `RouteRequest.signal` aborts */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Keeps the inferred types of a declaration and forgets them for the list. */
export const route = <Params, Query, Body>(declaration: Route<Params, Query, Body>): AnyRoute => declaration as AnyRoute;

// biome-ignore lint/suspicious/noExplicitAny: the list of routes mixes every parameter type
export type AnyRoute = Route<any, any, any>;
