import { fileURLToPath } from 'node:url';
import { type MusterError, problemOf } from '../../../shared/errors.ts';
import type { Clock } from '../clock.ts';
import type { Actor } from '../http/actor.ts';
import type { Answer, Authenticate, Endpoint, Exchange } from '../http/endpoint.ts';
import { errorHeaders } from '../http/problems.ts';
import { apiDocs } from './api-docs.ts';
import { assetEndpoint, createAssets } from './assets.ts';
import { commonStyle } from './common-style.ts';
import { adviceFor } from './error-advice.ts';
import { errorCataloguePage } from './error-catalogue.pages.ts';
import { createIconSprite } from './icon-sprite.ts';
import { iconNames } from './icons.ts';
import type { AnyPage } from './page.ts';
import { htmlAnswer } from './page-answer.ts';
import { pageEndpoint } from './page-endpoint.ts';
import { createRenderer } from './render.ts';
import { themePage } from './theme.pages.ts';
import { kitStyle, vendorFiles } from './vendor.ts';

export type WebResources = {
  readonly pages: readonly AnyPage[];
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  /** where the events of `live.ts` stand now */
  readonly live: { position(): string };
  /** largest form in bytes where a page has no limit of its own; default 1 MiB */
  readonly bodyLimit?: number;
  /** development: views are read again for every page */
  readonly reload?: boolean;
};

/** What `createHttp` takes: the endpoints of the dashboard, and how it shows an error. */
export type Web = {
  readonly endpoints: readonly Endpoint[];
  readonly errorPage: (exchange: Exchange, error: MusterError) => Promise<Answer>;
};

const views = fileURLToPath(new URL('./views', import.meta.url));

/** The dashboard's mechanism. How a page is written is told in `page.ts`, what a view is given in `render.ts`, live parts in `live.ts`. */
export function createWeb({ pages, authenticate, live, clock, bodyLimit, reload = false }: WebResources): Web {
  const sprite = createIconSprite(iconNames);
  const folder = fileURLToPath(new URL('./assets', import.meta.url));
  const assets = createAssets({
    folder,
    more: new Map<string, string | Buffer>([
      ...vendorFiles(),
      ['icons.svg', sprite.svg],
      ['style.css', commonStyle(folder, kitStyle())],
    ]),
  });
  const render = createRenderer({ views, assets, icons: sprite.names, clock, reload });

  return {
    endpoints: [
      ...[...pages, themePage, errorCataloguePage].map((page) => pageEndpoint(page, { authenticate, render, live, bodyLimit })),
      assetEndpoint(assets),
      apiDocs({ assets, authenticate }),
    ],
    async errorPage(exchange, error) {
      const { status, title, detail, code } = problemOf(error);
      const actor = await whoAsks(exchange, authenticate, error);
      const { path, search, request } = exchange;
      const advice = adviceFor({
        status,
        path: search === '' ? path : `${path}?${search}`,
        method: request.method ?? 'GET',
        role: actor?.role ?? null,
      });
      const answer = {
        kind: 'view',
        view: `${views}/error.ejs`,
        title,
        section: '',
        status,
        data: { status, heading: title, text: detail, code, advice, requestId: exchange.requestId },
      } as const;
      return htmlAnswer(render(answer, { actor, exchange, position: live.position() }), status, errorHeaders(error));
    },
  };
}

/** An error page has the navigation of whoever is signed in, unless that is what failed. */
async function whoAsks(exchange: Exchange, authenticate: Authenticate, error: MusterError): Promise<Actor | undefined> {
  if (error.code === 'internal' || error.code === 'server_stopping') return undefined;
  return authenticate(exchange.request.headers);
}
