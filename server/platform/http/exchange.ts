import type { IncomingMessage, ServerResponse } from 'node:http';
import { MusterError } from '../../../shared/errors.ts';
import type { Clients } from './client-address.ts';
import type { Exchange } from './endpoint.ts';
import type { HttpServer } from './http-server.ts';
import type { RequestIds } from './request-ids.ts';

type Resources = { readonly requestIds: RequestIds; readonly server: Pick<HttpServer, 'onStop'>; readonly clients: Clients };

export function createExchange(
  request: IncomingMessage,
  response: ServerResponse,
  params: Exchange['params'],
  { requestIds, server, clients }: Resources,
): Exchange {
  clients.purge(request);
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  let controller: AbortController | undefined;
  return {
    request,
    path: mark < 0 ? url : url.slice(0, mark),
    search: mark < 0 ? '' : url.slice(mark + 1),
    params,
    address: clients.addressOf(request),
    requestId: idGiven(request) ?? requestIds(),
    get signal() {
      controller ??= abortedAtEnd(response, server);
      return controller.signal;
    },
  };
}

/** One for all: a stack would be taken for every request, and tells nothing. */
const clientWentAway = new Error('The client went away.');

function abortedAtEnd(response: ServerResponse, server: Pick<HttpServer, 'onStop'>): AbortController {
  const controller = new AbortController();
  const forget = server.onStop(() => controller.abort(new MusterError('server_stopping', 'The server is stopping.')));
  const closed = (): void => {
    forget();
    controller.abort(clientWentAway);
  };
  if (response.destroyed) closed();
  else response.once('close', closed);
  return controller;
}

/** An id that a proxy or a caller gave is kept, so that both logs can be read together. */
function idGiven(request: IncomingMessage): string | undefined {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : undefined;
}
