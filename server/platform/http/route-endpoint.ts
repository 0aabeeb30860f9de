import { z } from 'zod';
import { MusterError } from '../../../shared/errors.ts';
import { checkCsrf, checkPermission } from './access.ts';
import type { Actor } from './actor.ts';
import { answerText, jsonType } from './answer-text.ts';
import { checkMediaType, defaultBodyLimit, hasBody, readBody } from './body.ts';
import { compressedFor } from './compressed-answer.ts';
import type { Answer, Authenticate, Endpoint, Exchange } from './endpoint.ts';
import type { Idempotency } from './idempotency.ts';
import { jsonMediaType, parseJsonBody } from './json-body.ts';
import { parseQuery } from './query.ts';
import { checkAnswer } from './response-check.ts';
import type { AnyRoute, RouteAnswer, RouteRequest } from './route.ts';
import { checked } from './validation.ts';

export type RouteResources = {
  readonly authenticate: Authenticate;
  readonly idempotency: Idempotency;
  readonly validateResponses?: boolean;
  /** largest body in bytes where the route has no limit of its own */
  readonly bodyLimit?: number;
};

/** One endpoint per path of the route. */
export const routeEndpoints = (route: AnyRoute, resources: RouteResources): Endpoint[] =>
  [route.path, ...(route.aliases ?? [])].map((path) => ({
    method: route.method,
    path,
    produces: 'json',
    answer: (exchange) => answer(route, exchange, resources),
  }));

const nothing = z.strictObject({});

/** The order matters: nobody learns whether a body is well-formed, nor makes the server read one, without the permission. */
async function answer(route: AnyRoute, exchange: Exchange, resources: RouteResources): Promise<Answer> {
  const headers = exchange.request.headers as Record<string, string | undefined>;
  const actor = route.permission === 'open' ? undefined : await resources.authenticate(headers);
  checkPermission(actor, route.permission);
  if (route.method !== 'GET') checkCsrf(actor, headers['x-csrf-token'], 'header x-csrf-token');
  const params = checked(route.params ?? nothing, exchange.params, 'path');
  const query = checked(route.query ?? nothing, parseQuery(exchange.search), 'query');
  const raw = route.method === 'GET' ? {} : await readJson(route, exchange, resources.bodyLimit);
  const body = route.method === 'GET' ? undefined : checked(route.body ?? nothing, raw, 'body');
  const request: RouteRequest<unknown, unknown, unknown> = {
    params,
    query,
    body,
    actor,
    address: exchange.address,
    headers,
    get signal() {
      return exchange.signal;
    },
  };
  const given = await handle(route, exchange, request, raw, resources.idempotency, actor);
  if (resources.validateResponses === true && given.replayed !== true) checkAnswer(route, given.answer);
  const sent = toAnswer(given);
  return route.isCompressed === true ? compressedFor(headers['accept-encoding'], sent) : sent;
}

/** A route that needs no body takes none or an empty object; one whose fields are all optional, too. */
async function readJson(route: AnyRoute, exchange: Exchange, bodyLimit = defaultBodyLimit): Promise<unknown> {
  if (!hasBody(exchange.request)) return {};
  checkMediaType(exchange.request, jsonMediaType, 'application/json');
  return parseJsonBody(await readBody(exchange.request, route.bodyLimit ?? bodyLimit));
}

type Given = { readonly answer: RouteAnswer; readonly text?: string | undefined; readonly replayed?: boolean };

async function handle(
  route: AnyRoute,
  exchange: Exchange,
  request: RouteRequest<unknown, unknown, unknown>,
  raw: unknown,
  idempotency: Idempotency,
  actor: Actor | undefined,
): Promise<Given> {
  const key = request.headers['idempotency-key'];
  const isKept = route.method === 'POST' && route.changesNothing !== true;
  if (!isKept || key === undefined || actor === undefined) return { answer: await route.handler(request) };
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new MusterError('field_invalid', 'Idempotency-Key: Expected 1 to 255 visible ASCII characters, such as a UUID.', {
      field: 'Idempotency-Key',
    });
  }
  const once = { actor: `${actor.kind}:${actor.id}`, key, method: route.method, path: exchange.path, body: raw };
  // not spread: that would ask for the signal of every request
  return idempotency.once(once, (recorder) => route.handler(Object.defineProperty(request, 'idempotency', { value: recorder })));
}

function toAnswer({ answer, text, replayed }: Given): Answer {
  const headers: Record<string, string> = { 'cache-control': 'no-store', ...answer.headers };
  if (replayed === true) headers['idempotency-replayed'] = 'true';
  const body = text ?? answerText(answer);
  if (body !== null && headers['content-type'] === undefined) headers['content-type'] = jsonType;
  return { status: answer.status, headers, body };
}
