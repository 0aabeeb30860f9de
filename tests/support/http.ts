import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { type Clock, systemClock } from '../../server/platform/clock.ts';
import type { Actor } from '../../server/platform/http/actor.ts';
import { createClients } from '../../server/platform/http/client-address.ts';
import type { Authenticate, Endpoint } from '../../server/platform/http/endpoint.ts';
import { createHttp, type HttpResources } from '../../server/platform/http/http.ts';
import { createHttpServer, type HttpServer } from '../../server/platform/http/http-server.ts';
import { createIdempotency, type Idempotency } from '../../server/platform/http/idempotency.ts';
import { createRequestIds } from '../../server/platform/http/request-ids.ts';
import type { AnyRoute } from '../../server/platform/http/route.ts';
import type { Database } from '../../server/schema/schema.ts';
import type { Role } from '../../shared/permissions.ts';
import { roles } from '../../shared/permissions.ts';
import { openTestDatabase } from './database.ts';

export type TestHttp = {
  readonly url: string;
  readonly server: HttpServer;
  readonly idempotency: Idempotency;
  readonly db: Database;
  /** what was logged, parsed */
  readonly logged: Record<string, unknown>[];
  /** `as` is a role; sends its token and, for a plain object, JSON */
  call(
    method: string,
    path: string,
    options?: { as?: Role; body?: unknown; headers?: Record<string, string> },
  ): Promise<Response>;
  stop(): Promise<void>;
};

export type TestHttpOptions = {
  readonly routes?: readonly AnyRoute[];
  readonly pages?: readonly Endpoint[];
  readonly errorPage?: NonNullable<HttpResources['errorPage']>;
  readonly clock?: Clock;
  /** default: those of `testActors` */
  readonly authenticate?: Authenticate;
};

/** Bearer `viewer`, `operator`, `author`, `admin`; and the cookie `muster_session=<role>`, whose CSRF token is `csrf-of-<role>`. */
export const testActors: Authenticate = async ({ authorization, cookie }) => {
  const byToken = roles.find((role) => authorization === `Bearer ${role}`);
  const bySession = roles.find((role) => cookie?.split('; ').includes(`muster_session=${role}`));
  if (byToken !== undefined) return actor('token', byToken);
  return bySession === undefined ? undefined : actor('user', bySession);
};

const actor = (kind: Actor['kind'], role: Role): Actor => ({
  kind,
  id: `${kind}-${role}`,
  name: role,
  role,
  csrfToken: kind === 'user' ? `csrf-of-${role}` : null,
});

/** A real server on a free port with a real database; answers are checked against their schemas. */
export async function startTestHttp(options: TestHttpOptions = {}): Promise<TestHttp> {
  const { clock = systemClock } = options;
  const database = await openTestDatabase();
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) });
  const server = createHttpServer({ host: '127.0.0.1', port: 0, tls: null, clock });
  const idempotency = createIdempotency({ db: database.db, clock, randomBytes });
  const http = createHttp({
    routes: options.routes ?? [],
    pages: options.pages ?? [],
    ...(options.errorPage === undefined ? {} : { errorPage: options.errorPage }),
    authenticate: options.authenticate ?? testActors,
    idempotency,
    server,
    requestIds: createRequestIds(randomBytes),
    clients: createClients([], false),
    clock,
    log,
    validateResponses: true,
  });
  server.onRequest(http);
  const { url } = await server.listen();
  return {
    url,
    server,
    idempotency,
    db: database.db,
    logged,
    call(method, path, { as, body, headers = {} } = {}) {
      const all: Record<string, string> = { ...headers };
      if (as !== undefined) all.authorization = `Bearer ${as}`;
      const plain =
        body !== null && typeof body === 'object' && !(body instanceof Uint8Array) && !(body instanceof URLSearchParams);
      if (plain && all['content-type'] === undefined) all['content-type'] = 'application/json';
      const sent =
        body === undefined
          ? undefined
          : plain
            ? JSON.stringify(body)
            : (body as string | Uint8Array<ArrayBuffer> | URLSearchParams);
      return fetch(`${url}${path}`, { method, headers: all, redirect: 'manual', ...(sent === undefined ? {} : { body: sent }) });
    },
    async stop() {
      await server.stop(1000);
      await database.dispose();
    },
  };
}
