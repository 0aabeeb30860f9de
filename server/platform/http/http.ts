import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import type { Logger } from 'pino';
import { errorCatalogue, MusterError } from '../../../shared/errors.ts';
import type { Clock } from '../clock.ts';
import type { Clients } from './client-address.ts';
import type { Answer, Authenticate, Endpoint, Exchange } from './endpoint.ts';
import { createExchange } from './exchange.ts';
import type { HttpServer } from './http-server.ts';
import type { Idempotency } from './idempotency.ts';
import { asMusterError, problemAnswer } from './problems.ts';
import type { RequestIds } from './request-ids.ts';
import type { AnyRoute } from './route.ts';
import { routeEndpoints } from './route-endpoint.ts';
import { type Site, sitesOf } from './sites.ts';
import { writeAnswer } from './write-answer.ts';

export type HttpResources = {
  readonly routes: readonly AnyRoute[];
  /** of the dashboard, see `web/web.ts` */
  readonly pages: readonly Endpoint[];
  /** how a page shows an error; without it everyone gets a problem */
  readonly errorPage?: (exchange: Exchange, error: MusterError) => Promise<Answer>;
  readonly authenticate: Authenticate;
  readonly idempotency: Idempotency;
  readonly server: Pick<HttpServer, 'onStop' | 'isStopping'>;
  readonly requestIds: RequestIds;
  readonly clients: Clients;
  readonly clock: Clock;
  readonly log: Logger;
  /** told after each answer; `path` is the declared one */
  readonly observe?: (method: string, path: string, status: number, ms: number) => void;
  /** largest body in bytes where a route has no limit of its own; default 1 MiB */
  readonly bodyLimit?: number;
  /** tests: an answer that its schema does not describe is an error */
  readonly validateResponses?: boolean;
};

/**
 * The life of a request: find the site of its path → choose JSON or page → the endpoint answers → the answer is written. There is no chain
 * of middleware: what a request needs is asked for by its endpoint, in one place and in order.
 */
export function createHttp(resources: HttpResources): (request: IncomingMessage, response: ServerResponse) => void {
  const sites = sitesOf([...resources.routes.flatMap((route) => routeEndpoints(route, resources)), ...resources.pages]);
  // most paths hold no parameter: one look-up instead of a walk over every pattern, and `/tasks/new` wins over `/tasks/:id`
  const literal = new Map(sites.filter(({ path }) => !/[:*{]/.test(path)).map((site) => [site.path, site]));

  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false).enable('case sensitive routing');
  app.use((request, response, next) => {
    const site = literal.get(request.path);
    if (site === undefined) next();
    else void serve(site, request, response, {});
  });
  for (const site of sites.filter(({ path }) => !literal.has(path))) {
    app.route(site.path).all((request, response) => void serve(site, request, response, request.params as Exchange['params']));
  }
  app.use((request: IncomingMessage, response: ServerResponse) => void serve(undefined, request, response, {}));
  // only the router itself can get here: a path that cannot be decoded
  app.use(
    (_error: unknown, request: IncomingMessage, response: ServerResponse, _next: unknown) =>
      void serve(undefined, request, response, {}),
  );
  return app;

  async function serve(
    site: Site | undefined,
    request: IncomingMessage,
    response: ServerResponse,
    params: Exchange['params'],
  ): Promise<void> {
    const startedAt = resources.clock.monotonic();
    const exchange = createExchange(request, response, params, resources);
    let status = 0;
    try {
      const answer = await answerTo(site, exchange);
      status = answer.status;
      if (response.destroyed) return;
      const extra: Record<string, string> = { 'x-request-id': exchange.requestId };
      if (site?.negotiated) extra.vary = 'Accept';
      // else the client would keep the connection for a next request
      if (resources.server.isStopping()) extra.connection = 'close';
      await writeAnswer(response, answer, extra, resources.clock);
    } catch (error) {
      // the answer is under way, so all that can still be said is that it is not complete
      resources.log.error({ err: error, requestId: exchange.requestId, path: exchange.path }, 'answer not completed');
      response.destroy();
    } finally {
      const ms = resources.clock.monotonic() - startedAt;
      resources.observe?.(request.method ?? '', site?.path ?? '', status, ms);
      resources.log.debug({ requestId: exchange.requestId, method: request.method, path: exchange.path, status, ms }, 'request');
    }
  }

  async function answerTo(site: Site | undefined, exchange: Exchange): Promise<Answer> {
    const endpoint = site?.choose(exchange.request);
    try {
      if (resources.server.isStopping())
        throw new MusterError('server_stopping', 'The server is stopping. Try again soon.', { retryAfterSeconds: 5 });
      if (site === undefined) throw new MusterError('not_found', `There is nothing at ${exchange.path}.`);
      if (endpoint === undefined)
        throw new MusterError('method_not_allowed', `${exchange.request.method} is not possible here; ${site.allow} is.`);
      return await endpoint.answer(exchange);
    } catch (thrown) {
      const error = asMusterError(thrown, exchange.requestId);
      report(error, exchange);
      const answer = await errorAnswer(error, exchange, endpoint);
      return error.code === 'method_not_allowed' && site !== undefined
        ? { ...answer, headers: { ...answer.headers, allow: site.allow } }
        : answer;
    }
  }

  async function errorAnswer(error: MusterError, exchange: Exchange, endpoint: Endpoint | undefined): Promise<Answer> {
    const asPage = endpoint === undefined ? wantsPage(exchange) : endpoint.produces === 'html';
    if (!asPage || resources.errorPage === undefined) return problemAnswer(error);
    try {
      return await resources.errorPage(exchange, error);
    } catch (cause) {
      report(asMusterError(cause, exchange.requestId), exchange);
      return problemAnswer(error);
    }
  }

  function report(error: MusterError, { requestId, request, path }: Exchange): void {
    const fields = { requestId, method: request.method, path, code: error.code, err: error.cause ?? error };
    if (error.code === 'internal') resources.log.error(fields, 'request failed');
    else if (errorCatalogue[error.code].status >= 500) resources.log.warn(fields, 'request refused');
  }
}

/** Where nothing is mounted, a person with a browser gets a page and a program a problem. */
const wantsPage = ({ path, request }: Exchange): boolean =>
  !path.startsWith('/api/') && !path.startsWith('/agent/') && (request.headers.accept ?? '').includes('text/html');
