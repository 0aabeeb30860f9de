import { z } from 'zod';
import { MusterError } from '../../../shared/errors.ts';
import { checkPermission } from '../http/access.ts';
import type { Answer, Authenticate, Endpoint, Exchange } from '../http/endpoint.ts';
import { parseQuery } from '../http/query.ts';
import { checked } from '../http/validation.ts';
import type { AnyPage, PageAnswer } from './page.ts';
import { downloadAnswer, htmlAnswer, redirectAnswer } from './page-answer.ts';
import { readForm } from './read-form.ts';
import type { Render } from './render.ts';

export type PageResources = {
  readonly authenticate: Authenticate;
  readonly render: Render;
  readonly live: { position(): string };
  readonly bodyLimit?: number | undefined;
};

export const pageEndpoint = (page: AnyPage, resources: PageResources): Endpoint => ({
  method: page.method,
  path: page.path,
  produces: 'html',
  answer: (exchange) => answer(page, exchange, resources),
});

const nothing = z.strictObject({});

async function answer(page: AnyPage, exchange: Exchange, resources: PageResources): Promise<Answer> {
  const { authenticate, render, live } = resources;
  const headers = exchange.request.headers as Record<string, string | undefined>;
  const actor = await authenticate(headers);
  if (actor === undefined && page.permission !== 'open') return signIn(page, exchange);
  checkPermission(actor, page.permission);
  // taken before the page reads anything: what happens from here on comes as an event
  const position = live.position();
  const answer: PageAnswer = await page.handler({
    params: checked(page.params ?? nothing, exchange.params, 'path'),
    query: checked(page.query ?? nothing, givenOnly(exchange.search), 'query'),
    body:
      page.method === 'POST'
        ? checked(page.body ?? nothing, await readForm(exchange.request, actor, page.bodyLimit ?? resources.bodyLimit), 'body')
        : undefined,
    actor,
    address: exchange.address,
    headers,
  });
  if (answer.kind === 'redirect') return redirectAnswer(answer.to, answer.cookies);
  if (answer.kind === 'download') return downloadAnswer(answer.fileName, answer.chunks);
  return htmlAnswer(render(answer, { actor, exchange, position }), answer.status ?? 200);
}

/** To the sign-in page and back again after it. A live page that fetches itself is told so, for it cannot show another page in its parts. */
function signIn({ method }: AnyPage, { path, search, request }: Exchange): Answer {
  if (request.headers['x-muster-fragment'] !== undefined)
    throw new MusterError('unauthenticated', 'The session has ended. Sign in again.');
  const next = method === 'GET' ? `${path}${search === '' ? '' : `?${search}`}` : '/';
  return redirectAnswer(next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`);
}

/** A filter form sends its empty inputs too: they mean "any". */
const givenOnly = (search: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(parseQuery(search)).filter(([, value]) => value !== ''));
