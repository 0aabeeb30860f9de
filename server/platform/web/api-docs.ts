import type { Authenticate, Endpoint } from '../http/endpoint.ts';
import type { Assets } from './assets.ts';
import { htmlAnswer } from './page-answer.ts';

export type ApiDocsResources = { readonly assets: Pick<Assets, 'url'>; readonly authenticate: Authenticate };

/** The API document as a page to read and to try, under the same content security policy as every page. */
export const apiDocs = ({ assets, authenticate }: ApiDocsResources): Endpoint => ({
  method: 'GET',
  path: '/api/docs',
  produces: 'html',
  async answer({ request }) {
    const actor = await authenticate(request.headers);
    return htmlAnswer(documentOf(assets, actor?.csrfToken ?? ''), 200);
  },
});

const documentOf = (assets: Pick<Assets, 'url'>, csrf: string): string => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>API · Muster</title>
  <link rel="icon" href="${assets.url('logo.svg')}" type="image/svg+xml">
  <link rel="stylesheet" href="${assets.url('swagger-ui.css')}">
  <script defer src="${assets.url('swagger-ui-bundle.js')}"></script>
  <script type="module" src="${assets.url('api-docs.js')}"></script>
</head>
<body>
<div id="api" data-document="/api/v1/openapi.json" data-csrf="${csrf.replace(/[^\w-]/g, '')}"></div>
</body>
</html>
`;
