import { z } from 'zod';
import { type OpenApiOptions, openApiDocument } from './openapi.ts';
import { type AnyRoute, route } from './route.ts';

/** All given routes and the one that describes them. The document is made on first use and kept. */
export function withOpenApi(routes: readonly AnyRoute[], options: OpenApiOptions): readonly AnyRoute[] {
  let text: string | undefined;
  const all: readonly AnyRoute[] = [
    ...routes,
    route({
      method: 'GET',
      path: '/api/v1/openapi.json',
      permission: 'open',
      summary: 'Describe this API',
      tag: 'operations',
      responses: { 200: z.record(z.string(), z.unknown()) },
      async handler() {
        text ??= JSON.stringify(openApiDocument(all, options));
        return { status: 200, headers: { 'content-type': 'application/json' }, body: text };
      },
    }),
  ];
  return all;
}
